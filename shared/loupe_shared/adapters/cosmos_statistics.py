"""The counters of the archive in Cosmos DB, added up in memory.

Cosmos DB cannot group across partitions, and all counts documents are far too much to read for each statistic: a read
costs about one request unit per kilobyte, and there is a document for each bucket and day. So they are read once, and
then only those that have changed, of which there are as many as buckets while images arrive.
"""

import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence

from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_container import READ_PATIENCE_S
from loupe_shared.adapters.cosmos_counts import counters_of
from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.adapters.cosmos_queries import counts_query
from loupe_shared.counters import CountFilter, Dimension, Key
from loupe_shared.errors import StoreUnavailable

MAX_AGE_S = 1.0
# A document may be seen later than another that was written after it: partitions have clocks and replicas of their own.
MARGIN_S = 30

Days = Mapping[str, Mapping[Key, int]]


class CosmosStatistics:
    """Counters as the archive has them, no more than ``MAX_AGE_S`` old. Safe for use from several threads."""

    def __init__(self, archive: CosmosArchive) -> None:
        self._archive = archive
        self._reading = threading.Lock()
        self._outdated = threading.Event()
        self._read_at = -math.inf
        self._unread = archive.buckets()
        self._changed_at: int | None = None
        self._documents: dict[tuple[str, str], Mapping[Key, int]] = {}
        self._keys: dict[Key, Key] = {}
        self._days: Days = {}

    def outdate(self) -> None:
        """Something was written that the next count must show."""
        self._outdated.set()

    def count(self, wanted: CountFilter, by: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
        """See ``ResultStore.count``."""
        first = wanted.since.isoformat() if wanted.since else ""
        counted: Counter[tuple[str, ...]] = Counter()
        for day, counters in self._current().items():
            if day >= first:  # of a long time, what is asked for is mostly the end
                for key, images in counters.items():
                    if wanted.matches(key):
                        counted[tuple(getattr(key, name) for name in by)] += images
        return dict(counted)

    def _current(self) -> Days:
        if not self._reading.acquire(timeout=READ_PATIENCE_S):
            raise StoreUnavailable("the counts are being read from Cosmos DB, which takes long")
        try:
            now = self._archive.now()
            if self._outdated.is_set() or now - self._read_at >= MAX_AGE_S:
                # Before it is read, because of what is written meanwhile.
                self._outdated.clear()
                self._read_at = -math.inf
                self._read(now + READ_PATIENCE_S)
                self._read_at = now
        finally:
            self._reading.release()
        return self._days

    def _read(self, deadline: float) -> None:
        """Read what is not known. The first time that may take several calls, of which each goes on after the last."""
        if not self._unread:
            query = counts_query((self._changed_at or 0) - MARGIN_S)
            self._changed_at = self._take(self._archive.query(query, None, deadline)) or self._changed_at
        while self._unread:
            latest = self._take(self._archive.query(counts_query(0), self._unread[-1], deadline))
            # Of the first bucket: what is written there while the others are read must be found by the next query.
            self._changed_at = latest if self._changed_at is None else self._changed_at
            self._unread.pop()

    def _take(self, documents: Sequence[Document]) -> int:
        """Know what they say from now on. Returns when the latest of them was written."""
        changed: dict[str, Counter[Key]] = {}
        for document in documents:
            day, address = document["day"], (document["bucket"], document["id"])
            counters = {self._keys.setdefault(key, key): images for key, images in counters_of(document)}
            total = changed.setdefault(day, Counter(self._days.get(day, {})))
            total.subtract(self._documents.get(address, {}))
            total.update(counters)
            self._documents[address] = counters
        # Anew, because others may be adding up.
        self._days = {**self._days, **{day: +total for day, total in changed.items()}}
        return max((document["_ts"] for document in documents), default=0)
