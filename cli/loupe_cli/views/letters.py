"""Dead letters: as a table, and one in full."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loupe_cli.text import NONE, local, number
from loupe_cli.views.screen import cell, grid
from loupe_shared.api.operate import DeadLetter, DeadLetterInFull


def table(letters: Iterable[DeadLetter]) -> Table:
    """A line for each message."""
    view = grid("letter", "from", "set aside", "images", "reason")
    for letter in letters:
        view.add_row(letter.id, letter.source, _at(letter), cell(_images(letter)), cell(letter.reason))
    return view


def portrait(letter: DeadLetterInFull) -> Group:
    """Everything that is known of a message, but for the message itself."""
    view = Table.grid(padding=(0, 2, 0, 0))
    view.add_row("from", letter.source)
    view.add_row("set aside", _at(letter))
    for image in letter.images:
        view.add_row("image", cell(image.blob))
    parts: list[RenderableType] = [Text(letter.id, "bold"), cell(letter.reason), "", view]
    if letter.obstacle:
        parts += ["", cell(f"It cannot be replayed: {letter.obstacle}", "yellow")]
    return Group(*parts)


def _at(letter: DeadLetter) -> str:
    return local(letter.at) if letter.at else NONE


def _images(letter: DeadLetter) -> str:
    if not letter.images:
        return NONE
    first, *others = letter.images
    return f"{first.blob} and {number(len(others), 'other')}" if others else first.blob
