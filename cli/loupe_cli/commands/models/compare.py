"""``loupe models compare``: what a version said while it looked on."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.commands.models.options import ModelArgument, VersionArgument
from loupe_cli.failures import say

EXAMPLES = ("loupe models compare efficientnet-lite0 2", "loupe models compare efficientnet-lite0 2 -n 5 --json")


def compare(
    context: typer.Context,
    name: ModelArgument,
    version: VersionArgument,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, max=200, help="How many disagreements.")] = 20,
    is_json: Json = False,
) -> None:
    """Compare a version that looks on with those that answered: how often and where they disagree."""
    from loupe_cli.views.screen import screen
    from loupe_cli.views.shadows import compared

    with access(context).client() as loupe:
        report = loupe.compared(name, version, limit=limit)
    if is_json:
        typer.echo(report.model_dump_json())
    elif report.comparisons:
        screen().print(compared(report))
    else:
        say(f"version {version} of {name} has not looked on (yet): `loupe models shadow` lets it")
