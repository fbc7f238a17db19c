"""``loupe watch``: images as they are classified."""

from typing import Annotated

import typer

from loupe_cli.access import access
from loupe_cli.arguments import JsonLines
from loupe_cli.failures import say
from loupe_cli.filters import Wanted, filtered

EXAMPLES = ("loupe watch", "loupe watch --outcome rejected", "loupe watch --prefix 'line 3/' --json | jq .label")


@filtered
def watch(
    context: typer.Context,
    *,
    wanted: Wanted,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="End after so many images.")] = None,
    is_json: JsonLines = False,
) -> None:
    """Show images as they are classified, until Ctrl-C."""
    from loupe_cli.views.images import line
    from loupe_cli.views.screen import screen
    from loupe_client import ChangesMissed

    console, shown, asked = screen(), 0, access(context)
    with asked.client() as loupe, loupe.stream(**wanted) as stream:
        say(f"watching {asked.url}, until Ctrl-C")
        while limit is None or shown < limit:
            try:
                result = next(stream)
            except ChangesMissed:
                say("more has happened than can be told: some images are missing here")
                continue
            shown += 1
            if is_json:
                typer.echo(result.model_dump_json())
            else:
                console.print(line(result), soft_wrap=True)
