"""``loupe show``: one image."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import CONTAINER, Container, Image, Json, image

EXAMPLES = ("loupe show samples/coffee.png", "loupe show samples/coffee.png --json | jq .predictions")


def show(
    context: typer.Context,
    name: Image,
    *,
    container: Container = CONTAINER,
    with_picture: Annotated[
        bool | None,
        typer.Option(
            "--picture/--no-picture",
            help="Show the picture, too, by default in terminals that say that they have all colours.",
        ),
    ] = None,
    is_json: Json = False,
) -> None:
    """Show one image: its labels, what the model looked at, and what was said of it earlier."""
    from contextlib import suppress

    from loupe_cli.views.image import portrait
    from loupe_cli.views.picture import can_show, picture
    from loupe_cli.views.screen import canvas, screen
    from loupe_client import ApiError

    asked = image(name, container)
    console = screen()
    thumbnail = None
    with access(context).client() as loupe:
        result = loupe.image(asked.container, asked.blob)
        if is_json:
            typer.echo(result.model_dump_json())
            return
        history = loupe.history(asked.container, asked.blob)
        if with_picture or (with_picture is None and can_show(console)):
            with suppress(ApiError):  # all else is worth showing without it, too
                thumbnail = loupe.thumbnail(asked.container, asked.blob)
    if thumbnail and (shown := picture(thumbnail, result, console.width)):
        canvas().print(shown)
    console.print(portrait(result, history))
