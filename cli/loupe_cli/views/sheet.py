"""Tables for spreadsheets."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

# Spreadsheets take what begins so for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], file: TextIO) -> None:
    """Write a row of names, then all others, as CSV. No cell is a formula."""
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(f"'{value}" if str(value).startswith(_FORMULAS) else value for value in row)
