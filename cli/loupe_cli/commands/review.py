"""``loupe review``: what a person says that an image shows."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import CONTAINER, Container, Image, image

EXAMPLES = (
    "loupe review samples/coffee.png cup",
    "loupe review samples/coffee.png cup --etag 0x8DE29A7F1C2B3A4",
    "loupe review samples/coffee.png --take-back",
)


def review(
    context: typer.Context,
    name: Image,
    label: Annotated[str | None, typer.Argument(help="What it shows.")] = None,
    *,
    container: Container = CONTAINER,
    take_back: Annotated[bool, typer.Option("--take-back", help="Take back what you said.")] = False,
    etag: Annotated[
        str | None, typer.Option(help="Version that was looked at, as `loupe show` has it: refused if it was replaced.")
    ] = None,
) -> None:
    """Say what an image shows, whether or not the model is right."""
    from loupe_cli.views.images import line
    from loupe_cli.views.screen import screen

    if (label is None) != take_back:
        raise typer.BadParameter("either a LABEL, or --take-back")
    asked = image(name, container)
    with access(context).client() as loupe:
        if label is None:
            result = loupe.take_back_review(asked.container, asked.blob, etag=etag)
        else:
            result = loupe.review(asked.container, asked.blob, label, etag=etag)
    screen().print(line(result), soft_wrap=True)
