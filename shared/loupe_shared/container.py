"""What a container of blobs has, as storage lists it."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from loupe_shared.errors import PermanentError


class MarkerRefused(PermanentError):
    """Storage does not know any more where a listing is to go on."""


class NameRefused(PermanentError):
    """Storage takes no request about names that begin so."""


class Listed(NamedTuple):
    """A blob as storage has it.

    Attributes:
        etag: without quotes.
        last_modified: as HTTP writes times. Only those of blobs that differ are ever read.
        content_length: bytes.
        content_type: empty if nobody has said it.
    """

    name: str
    etag: str
    last_modified: str
    content_length: int
    content_type: str


class ListedPage(NamedTuple):
    """A part of a listing, possibly an empty one, and the marker of the next part (empty at the end)."""

    blobs: Sequence[Listed]
    next: str


class CountedPage(NamedTuple):
    """How many blobs a part of a listing has, and the marker of the next part (empty at the end)."""

    blobs: int
    next: str


class Listing(Protocol):
    """The blobs of a container. Safe for use from several threads.

    Futures raise ``StorageUnavailable`` when storage does not answer, or has no such container.
    """

    def page(self, prefix: str, marker: str) -> Future[ListedPage]:
        """Begin to list blobs whose names begin so, in an order of storage's own.

        Args:
            prefix: empty for all.
            marker: of the page; empty for the first.

        Raises:
            MarkerRefused: from the future.
            NameRefused: from the future.
        """

    def count(self, prefix: str, marker: str) -> Future[CountedPage]:
        """The same, for who wants to know only how many they are: it takes a tenth of the time to read."""

    def look(self, names: Sequence[str]) -> list[Future[Listed | None]]:
        """Begin to look at single blobs: same length, same order. There is none if a future gives nothing."""
