"""A container without a server, for tests."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import TypeVar

from loupe_shared.container import CountedPage, Listed, ListedPage

T = TypeVar("T")


class MemoryListing:
    """``Listing`` of a dictionary, ``blobs``, which may change between pages as a container does.

    Args:
        page_size: of blobs in a page.
    """

    def __init__(self, page_size: int = 2) -> None:
        self.blobs: dict[str, Listed] = {}
        self._page_size = page_size

    def page(self, prefix: str, marker: str) -> Future[ListedPage]:
        """See ``Listing.page``."""
        names = sorted(name for name in self.blobs if name.startswith(prefix) and name > marker)
        page = names[: self._page_size]
        following = page[-1] if len(names) > len(page) else ""
        return _done(ListedPage([self.blobs[name] for name in page], following))

    def count(self, prefix: str, marker: str) -> Future[CountedPage]:
        """See ``Listing.count``."""
        page = self.page(prefix, marker).result()
        return _done(CountedPage(len(page.blobs), page.next))

    def look(self, names: Sequence[str]) -> list[Future[Listed | None]]:
        """See ``Listing.look``."""
        return [_done(self.blobs.get(name)) for name in names]


def _done(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future
