"""Where views are shown: colours and widths in a terminal, plain text of any width in a pipe."""

import os
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loupe_cli.text import printable

_WIDE = 400  # so that no line of a pipe is folded


def screen() -> Console:
    """Standard output. What is written there is never markup: names of files may look like it."""
    is_narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(markup=False, emoji=False, highlight=False, width=None if is_narrow else _WIDE)


def canvas() -> Console:
    """Standard output with all colours, for pictures, which are nothing without."""
    return Console(force_terminal=True, color_system="truecolor", no_color=False)


def messages() -> Console:
    """Standard error, for progress."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False)


def cell(text: str, style: str = "") -> Text:
    """A text of others, in which nothing commands the terminal."""
    return Text(printable(text), style=style)


def grid(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table without lines, whose columns a program can tell apart, too. Those in ``right`` have numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table
