"""``loupe drift``: whether images are still such as their model was trained for."""

from datetime import date
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Days, Json, day, days
from loupe_cli.failures import WRONG, say

EXAMPLES = (
    "loupe drift",
    "loupe drift --model solar-cells:2 --since 2026-11-15 --until 2026-11-22",
    "loupe drift --baseline 2026-10-01..2026-11-01 --json | jq .verdict",
)


def drift(
    context: typer.Context,
    *,
    model: Annotated[
        str | None, typer.Option(metavar="NAME:VERSION", help="Answered by this model; by default the busiest one.")
    ] = None,
    container: Annotated[str | None, typer.Option(help="In this container.")] = None,
    since: Annotated[
        date | None, typer.Option(parser=day, metavar="DAY", help="From this day on, in UTC; by default for 7 days.")
    ] = None,
    until: Annotated[
        date | None, typer.Option(parser=day, metavar="DAY", help="Before this day; by default until now.")
    ] = None,
    baseline: Annotated[
        Days | None,
        typer.Option(
            parser=days,
            metavar="DAY..DAY",
            help="Compare with the archive from one day until before the other, and not with the training.",
        ),
    ] = None,
    is_json: Json = False,
) -> None:
    """Compare the last days' images with those that their model was trained for. The exit code is 1 after drift."""
    from loupe_cli.views.drift import compared
    from loupe_cli.views.screen import screen
    from loupe_shared.api.drift import Verdict

    with access(context).client() as loupe:
        report = loupe.drift(
            model=model,
            container=container,
            since=since,
            until=until,
            baseline_since=baseline.since if baseline else None,
            baseline_until=baseline.until if baseline else None,
        )
    if is_json:
        typer.echo(report.model_dump_json())
    elif report.note:
        say(report.note)
    else:
        screen().print(compared(report))
    if report.verdict is Verdict.DRIFT:
        raise typer.Exit(WRONG)
