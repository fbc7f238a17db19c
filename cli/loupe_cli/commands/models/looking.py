"""``loupe models list`` and ``show``."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.commands.models.options import ModelArgument
from loupe_cli.failures import say

LIST_EXAMPLES = ("loupe models list",)
SHOW_EXAMPLES = (
    "loupe models show efficientnet-lite0",
    "loupe models show efficientnet-lite0 --json | jq .release.changes",
)


def list_models(
    context: typer.Context,
    *,
    is_json: Annotated[
        bool, typer.Option("--json", help="Show what the API says, as JSON, a line for each model.")
    ] = False,
) -> None:
    """List models, with the versions that answer."""
    from loupe_cli.views.models import table
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        found = loupe.models()
    if is_json:
        for model in found:
            typer.echo(model.model_dump_json())
    elif found:
        screen().print(table(found))
    else:
        say("no model is registered (yet)")


def show(context: typer.Context, name: ModelArgument, *, is_json: Json = False) -> None:
    """Show one model: its versions, what was measured of them, and what was changed lately."""
    from loupe_cli.views.models import portrait
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        model = loupe.model(name)
    if is_json:
        typer.echo(model.model_dump_json())
    else:
        screen().print(portrait(model))
