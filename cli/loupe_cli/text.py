"""Values as words: one way of writing times, sizes and shares for all views."""

from datetime import datetime

_STRANGE = "\N{REPLACEMENT CHARACTER}"
_KILO = 1000
_TENTHS_BELOW = 10
NONE = "-"


def printable(text: str) -> str:
    """Text that cannot command a terminal: names and labels are chosen by anybody."""
    return "".join(character if character.isprintable() else _STRANGE for character in text)


def local(moment: datetime) -> str:
    """A time where this program runs, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def clock(moment: datetime) -> str:
    """A time of the day where this program runs, to the millisecond."""
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]


def milliseconds(ms: float) -> str:
    """A duration."""
    return f"{ms:.1f} ms" if abs(ms) < _TENTHS_BELOW else f"{ms:,.0f} ms"


def size(of_bytes: float) -> str:
    """A number of bytes, with a unit that leaves few digits."""
    for unit in ("B", "kB", "MB"):
        if of_bytes < _KILO:
            return f"{of_bytes:.0f} {unit}"
        of_bytes /= _KILO
    return f"{of_bytes:.1f} GB"


def share(score: float | None) -> str:
    """A probability."""
    return NONE if score is None else f"{100 * score:.1f} %"


def number(of: int, noun: str, nouns: str | None = None) -> str:
    """So many things: ``1 image``, ``1,204 images``, ``2 retries`` with its own plural."""
    return f"{of:,} {noun}" if of == 1 else f"{of:,} {nouns or f'{noun}s'}"
