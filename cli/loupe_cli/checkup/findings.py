"""What a checkup finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: was found, as a sentence without its end.
        remedy: what to do about it; nothing if all is well.
    """

    level: Level
    what: str
    remedy: str = ""


def ok(what: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, what)


def warning(what: str, remedy: str) -> Finding:
    """It works, but not as it should."""
    return Finding(Level.WARNING, what, remedy)


def bad(what: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Level.BAD, what, remedy)
