"""Names and values as they stand in an address, or in a body."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from pydantic_core import to_jsonable_python

T = TypeVar("T")

Query = Mapping[str, object]

# Names of any length fit into the body of one request, and the links of one answer are used up before they expire.
CHUNK = 200


def path_of(kind: str, container: str, blob: str) -> str:
    """Where the API has something of an image, such as its history."""
    return f"/v1/{kind}/{quoted(container)}/{'/'.join(map(quoted, blob.split('/')))}"


def quoted(segment: str) -> str:
    """A text as one part of an address, whatever is in it."""
    # Dots are never quoted elsewhere, and here they would be taken for the way to another folder.
    return segment.replace(".", "%2E") if segment in (".", "..") else quote(segment, safe="")


def given(query: Query) -> dict[str, str]:
    """The parameters that are set, as text."""
    return {name: _text(value) for name, value in query.items() if value is not None}


def body_of(wanted: Query) -> object:
    """What is set, as JSON has it."""
    values = {name: value for name, value in wanted.items() if value is not None}
    return {
        name: body_of(value) if isinstance(value, Mapping) else to_jsonable_python(value)
        for name, value in values.items()
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def named(names: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Images by container and blob, as they stand in a body."""
    return [{"container": container, "blob": blob} for container, blob in names]


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """As many as one request takes, and again, until there are none."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
