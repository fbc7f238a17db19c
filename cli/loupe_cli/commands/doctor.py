"""``loupe doctor``: why something does not work."""

import time
from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.failures import WRONG

EXAMPLES = ("loupe doctor", "loupe doctor --drop")


def doctor(
    context: typer.Context,
    *,
    is_dropping: Annotated[
        bool, typer.Option("--drop", help="Also send a small picture through everything. It stays in the container.")
    ] = False,
    pause_s: Annotated[
        float, typer.Option("--pause", min=0, help="Seconds between two looks at what is on its way.")
    ] = 5.0,
    patience_s: Annotated[
        float, typer.Option("--patience", min=1, help="Seconds after which the picture is given up.")
    ] = 60.0,
) -> None:
    """Find out whether all is well, and what to do if not. The exit code is 1 if something does not work."""
    from itertools import chain

    from loupe_cli.checkup.drop import drop
    from loupe_cli.checkup.examine import examine
    from loupe_cli.checkup.findings import Level
    from loupe_cli.views.findings import finding
    from loupe_cli.views.screen import screen

    console, is_bad, asked = screen(), False, access(context)
    with asked.client() as loupe:
        findings = examine(loupe, asked.url, lambda: time.sleep(pause_s))
        for found in chain(findings, drop(loupe, patience_s) if is_dropping else ()):
            console.print(finding(found), soft_wrap=True)
            is_bad = is_bad or found.level is Level.BAD
    if is_bad:
        raise typer.Exit(WRONG)
