"""``loupe counts``: how many images there are."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json

EXAMPLES = ("loupe counts", "loupe counts --model efficientnet-lite0:1 --top 3", "loupe counts --json | jq .outcomes")


def counts(
    context: typer.Context,
    *,
    container: Annotated[str | None, typer.Option(help="In this container.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME:VERSION", help="Answered by this model.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many of each kind.")] = 10,
    is_json: Json = False,
) -> None:
    """Count images, by outcome, label, reason, review, model and container."""
    from loupe_cli.views.counts import counted
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        found = loupe.counts(container=container, model=model)
    if is_json:
        typer.echo(found.model_dump_json())
    else:
        screen().print(counted(found, top))
