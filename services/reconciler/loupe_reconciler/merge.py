"""The merge of a listing with the archive: which blobs may need something to be done.

Both come in the order of their names, so that one pass finds all differences in the memory of two pages. Storage and
the stores may order some names differently. That costs differences which are none, and are found to be none when they
are confirmed; so nothing rests on the order but the price.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loupe_shared.container import Listed
from loupe_shared.listing import Known
from loupe_shared.ports import ResultStore

PAGE = 5000  # of the archive


class Difference(NamedTuple):
    """A name of which storage and archive may say different things. ``listed`` is unset if only the archive has it."""

    name: str
    listed: Listed | None


class Names:
    """The images of a container that the archive knows, in its order, with a look at the next one.

    Args:
        store: the archive.
        container: of the images.
        prefix: what their names begin with.
        after: the name after which to begin.

    Attributes:
        after: the name of the last that was taken.
        taken: how many were.
    """

    def __init__(self, store: ResultStore, container: str, prefix: str, after: str) -> None:
        self._store = store
        self._container = container
        self._prefix = prefix
        self._read: deque[Known] = deque()
        self._is_complete = False
        self._last_read = after
        self.after = after
        self.taken = 0

    @property
    def next(self) -> Known | None:
        """The next one; none at the end.

        Raises:
            StoreUnavailable: the archive does not answer.
        """
        if not self._read and not self._is_complete:
            self._read.extend(self._store.known(self._container, self._prefix, self._last_read, PAGE))
            self._is_complete = len(self._read) < PAGE
            if self._read:
                self._last_read = self._read[-1].blob
        return self._read[0] if self._read else None

    def take(self) -> None:
        """Go on to the one after the next, which there is."""
        self.after = self._read.popleft().blob
        self.taken += 1


def differences(listed: Sequence[Listed], names: Names, *, is_last: bool) -> Iterator[Difference]:
    """What differs up to the end of a page of the listing; when exhausted, the names up to there are taken.

    Args:
        listed: the page.
        names: the archive, from where the page before ended.
        is_last: whether no page follows, so that all other names are blobs that are not there.

    Raises:
        StoreUnavailable: the archive does not answer.
    """
    known = names.next
    for blob in listed:
        while known and known.blob < blob.name:
            names.take()
            if not known.deleted:
                yield Difference(known.blob, None)
            known = names.next
        if known and known.blob == blob.name:
            names.take()
            if known.deleted or known.etag != blob.etag:
                yield Difference(blob.name, blob)
            known = names.next
        else:
            yield Difference(blob.name, blob)
    while is_last and known:
        names.take()
        if not known.deleted:
            yield Difference(known.blob, None)
        known = names.next
