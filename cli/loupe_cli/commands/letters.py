"""``loupe dead-letters``: messages that can never be handled and were set aside."""

import sys
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from loupe_cli.access import access
from loupe_cli.arguments import Json
from loupe_cli.failures import USAGE, WRONG, Failure, say
from loupe_cli.text import number

if TYPE_CHECKING:
    from loupe_client.filters import LetterFilter

HELP = """Look after messages that can never be handled and were set aside.

LETTER is an id, such as 5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52; `loupe dead-letters list` shows it."""

# As loupe_shared.api.operate has them; see loupe_cli.filters.
SourceName = Literal["classify", "backfill", "store", "events"]

SourceOption = Annotated[
    SourceName | None, typer.Option(help="From this queue of the broker, or from the storage queue of events.")
]
ReasonOption = Annotated[str | None, typer.Option(help="Whose reason has this in it.")]
LettersArgument = Annotated[list[str] | None, typer.Argument(metavar="LETTER", help="Ids; or say which by options.")]
AllOption = Annotated[bool, typer.Option("--all", help="All that there are; in a terminal one is asked.")]


def list_letters(
    context: typer.Context,
    *,
    source: SourceOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many messages.")] = 20,
    is_json: Annotated[
        bool, typer.Option("--json", help="Show what the API says, as JSON, a line for each message.")
    ] = False,
) -> None:
    """List messages that were set aside, the newest first."""
    from loupe_cli.views.letters import table
    from loupe_cli.views.screen import screen

    with access(context).client() as loupe:
        found = list(islice(loupe.dead_letters(source=source, reason=reason), limit))
    if is_json:
        for letter in found:
            typer.echo(letter.model_dump_json())
    elif found:
        screen().print(table(found))
    else:
        say("there are no such dead letters")


def show(
    context: typer.Context,
    letter_id: Annotated[str, typer.Argument(metavar="LETTER", help="Id of a message.")],
    *,
    is_json: Json = False,
) -> None:
    """Show one message, and whether it can be replayed."""
    from loupe_cli.views.letters import portrait
    from loupe_cli.views.screen import cell, screen

    with access(context).client() as loupe:
        letter = loupe.dead_letter(letter_id)
    if is_json:
        typer.echo(letter.model_dump_json())
    else:
        console = screen()
        console.print(portrait(letter))
        # A line of its own, and a whole one, which can be copied.
        console.print("", cell(letter.message), sep="\n", soft_wrap=True)


def replay(
    context: typer.Context,
    letter_ids: LettersArgument = None,
    *,
    source: SourceOption = None,
    reason: ReasonOption = None,
    is_all: AllOption = False,
) -> None:
    """Have messages handled again, when what they failed of is mended."""
    wanted = _chosen(letter_ids, {"source": source, "reason": reason}, is_all=is_all, what="replay")
    with access(context).client() as loupe:
        done = loupe.replay(letter_ids) if letter_ids else loupe.replay_matching(**wanted)
    typer.echo(f"{number(done.replayed, 'message')} replayed")
    for refusal in done.refusals:
        say(f"{refusal.id} is not replayed: {refusal.detail}")
    _conclude(done.refused, done.missing, more=done.more)


def dismiss(
    context: typer.Context,
    letter_ids: LettersArgument = None,
    *,
    source: SourceOption = None,
    reason: ReasonOption = None,
    is_all: AllOption = False,
) -> None:
    """Remove messages for good."""
    wanted = _chosen(letter_ids, {"source": source, "reason": reason}, is_all=is_all, what="dismiss")
    with access(context).client() as loupe:
        done = loupe.dismiss(letter_ids) if letter_ids else loupe.dismiss_matching(**wanted)
    typer.echo(f"{number(done.dismissed, 'message')} dismissed")
    _conclude(0, done.missing, more=done.more)


def _chosen(letter_ids: list[str] | None, wanted: "LetterFilter", *, is_all: bool, what: str) -> "LetterFilter":
    """The filter, if one of ids, filter and all is said, or all is confirmed."""
    is_filtered = any(value is not None for value in wanted.values())
    if [bool(letter_ids), is_filtered, is_all].count(True) > 1:
        raise Failure("say it in one way: by ids, by --source and --reason, or by --all", USAGE)
    if not letter_ids and not is_filtered and not is_all:
        if not _is_asked():
            raise Failure("say which: ids, --source, --reason, or --all", USAGE)
        typer.confirm(f"{what.capitalize()} all dead letters?", abort=True, err=True)
    return wanted


def _is_asked() -> bool:
    """Whether a person can answer."""
    return sys.stdin.isatty()


def _conclude(refused: int, missing: int, *, more: bool) -> None:
    if missing:
        say(f"{number(missing, 'message')} not found (any more)")
    if more:
        say("there are more: say it again")
    if refused or missing:
        raise typer.Exit(WRONG)


COMMANDS = (
    ("list", list_letters, ("loupe dead-letters list", "loupe dead-letters list --source store --json | jq .reason")),
    ("show", show, ("loupe dead-letters show 5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52",)),
    ("replay", replay, ("loupe dead-letters replay --reason 'disk is full'", "loupe dead-letters replay --all")),
    ("dismiss", dismiss, ("loupe dead-letters dismiss 5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52",)),
)
