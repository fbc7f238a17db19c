"""What people write as options, as values; a mistake is a sentence about that option."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

CONTAINER = "images"

# What files with answers can be, by the ends of their names.
FORMATS: dict[str, Literal["csv", "jsonl", "parquet"]] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Name:
    """Where an image lies."""

    container: str
    blob: str


@dataclass(frozen=True)
class Days:
    """Some days in UTC; ``until`` is exclusive."""

    since: date
    until: date


def url(text: str) -> str:
    """The address of an API."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")  # as it is done to find the host: a label may be empty, or too long
    except ValueError:
        is_one = False
    if not is_one:
        raise typer.BadParameter(f"{text!r} is no address of an API: write one such as http://127.0.0.1:8080")
    return text.rstrip("/")


def moment(text: str) -> datetime:
    """A time: so long ago, or a date or time, which without a zone is meant where this program runs."""
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no time: write how long ago, such as 30m, 2h or 7d, or a time, such as 2026-11-22 or "
            "2026-11-22T08:15"
        ) from None


def day(text: str) -> date:
    """A day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write one such as 2026-11-22") from None


def days(text: str) -> Days:
    """Some days, from one until before another."""
    first, dots, last = text.partition("..")
    if not dots:
        raise typer.BadParameter(f"{text!r} is no time of two days: write one such as 2026-11-01..2026-11-22")
    return Days(day(first), day(last))


def portion(text: str) -> float:
    """A part of the whole, below all of it: ``5%`` or ``0.05``."""
    number = text.strip()
    try:
        found = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1:
        raise typer.BadParameter(f"{text!r} is no part of the pictures: write one such as 5% or 0.05, or 0")
    return found


def image(text: str, container: str) -> Name:
    """The name of an image.

    The container may stand before the name, as it does in addresses of the API. So what is itself in a folder of
    that name is written with both.
    """
    blob = text.removeprefix(f"{container}/")
    if not blob:
        raise typer.BadParameter(f"{text!r} names no image: write its name, such as samples/coffee.png")
    return Name(container, blob)


Image = Annotated[str, typer.Argument(metavar="IMAGE", help="Name of a picture, such as samples/coffee.png.")]
Container = Annotated[
    str, typer.Option(envvar="LOUPE_IMAGE_CONTAINER", show_envvar=True, help="In which the picture is.")
]
Json = Annotated[bool, typer.Option("--json", help="Show what the API says, as JSON.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Show what the API says, as JSON, a line for each image.")]
