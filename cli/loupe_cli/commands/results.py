"""``loupe results``: a list of images."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from loupe_cli.access import access
from loupe_cli.arguments import JsonLines
from loupe_cli.failures import USAGE, Failure, say
from loupe_cli.filters import TimedWanted, filtered

if TYPE_CHECKING:
    from loupe_client import Loupe
    from loupe_client.filters import SortedFilter
    from loupe_shared.result import ResultDocument

EXAMPLES = (
    "loupe results --label espresso --min-score 0.9",
    "loupe results --sort uncertainty --not-reviewed --limit 10",
    "loupe results --outcome rejected --since 2h --limit 1000 --csv > rejected.csv",
)

_PAGE = 1000
_LIMIT = 20


@filtered
def results(
    context: typer.Context,
    *,
    wanted: TimedWanted,
    sort: Annotated[
        Literal["time", "score", "uncertainty"], typer.Option(help="What comes first: the newest, or the greatest.")
    ] = "time",
    is_ascending: Annotated[bool, typer.Option("--ascending", help="The oldest, or the least, first.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, show_default=str(_LIMIT), help="How many images.")
    ] = None,
    is_json: JsonLines = False,
    is_csv: Annotated[bool, typer.Option("--csv", help="Write them for a spreadsheet.")] = False,
) -> None:
    """List images, the newest first."""
    from loupe_cli.views import images
    from loupe_cli.views.screen import screen

    if is_json and is_csv:
        raise Failure("either --json or --csv", USAGE)
    order: Literal["ascending", "descending"] = "ascending" if is_ascending else "descending"
    with access(context).client() as loupe:
        # One more says that there are more, which who has said how many knows.
        found = _first(loupe, limit or _LIMIT + 1, {**wanted, "sort": sort, "order": order})
    is_cut = limit is None and len(found) > _LIMIT
    found = found[: limit or _LIMIT]
    if is_csv:
        images.write_csv(found, sys.stdout)
    elif is_json:
        for result in found:
            typer.echo(result.model_dump_json())
    elif found:
        screen().print(images.table(found))
    else:
        say("there are no such images (yet)")
    if is_cut:
        say(f"there are more than these {_LIMIT}: --limit says how many, and `loupe export` writes all into a file")


def _first(loupe: "Loupe", limit: int, wanted: "SortedFilter") -> list["ResultDocument"]:
    """The beginning of a list, in pages that are not longer than need be."""
    found: list[ResultDocument] = []
    cursor: str | None = None
    while True:
        page = loupe.page(limit=min(limit - len(found), _PAGE), cursor=cursor, **wanted)
        found += page.images
        cursor = page.next
        if cursor is None or len(found) >= limit:
            return found
