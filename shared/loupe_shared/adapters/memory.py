"""Adapters without a server, for tests and experiments.

The store and the record of outstanding outcomes pass the same contract tests as the real ones.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from loupe_shared.domain import ImageRef, Result
from loupe_shared.listing import Counts, Page, Position, ResultFilter
from loupe_shared.messages import Message


class MemoryStore:
    """``ResultStore`` in a dictionary."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._lock = threading.Lock()

    def write(self, results: Sequence[Result]) -> int:
        """See ``ResultStore.write``."""
        changed = set()
        with self._lock:
            for result in results:
                known = self._results.get(result.image.id)
                if known is None or result.revision > known.revision:
                    self._results[result.image.id] = result
                    changed.add(result.image.id)
        return len(changed)

    def get(self, image_id: str) -> Result | None:
        """See ``ResultStore.get``."""
        return self._results.get(image_id)

    def page(self, wanted: ResultFilter, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        with self._lock:
            results = sorted(self._results.values(), key=Position.of, reverse=True)
        matching = (r for r in results if wanted.matches(r) and (after is None or Position.of(r) < after))
        return Page.of(matching, limit)

    def counts(self) -> Counts:
        """See ``ResultStore.counts``."""
        with self._lock:
            results = list(self._results.values())
        return Counts(
            outcomes=dict(Counter(r.outcome for r in results)),
            labels=dict(Counter(r.label for r in results if r.label)),
        )

    def check(self) -> None:
        """See ``ResultStore.check``."""

    def close(self) -> None:
        """See ``ResultStore.close``."""


class MemoryPublisher:
    """``Publisher`` into a list, ``messages``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, messages: Sequence[Message]) -> None:
        """See ``Publisher.publish``."""
        self.messages.extend(messages)

    def check(self) -> None:
        """See ``Publisher.check``."""


class MemoryOutstanding:
    """``Outstanding`` in a dictionary, beside a broker in which nothing ever waits."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[float, str, ImageRef | Result]] = {}

    def add(self, due: Sequence[ImageRef | Result]) -> None:
        """See ``Outstanding.add``."""
        for one in due:
            image = one.image if isinstance(one, Result) else one
            if image.id not in self._due or self._due[image.id][1] <= image.order:
                self._due[image.id] = time.time(), image.order, one

    def settle(self, images: Iterable[ImageRef]) -> None:
        """See ``Outstanding.settle``."""
        for image in images:
            if image.id in self._due and self._due[image.id][1] <= image.order:
                del self._due[image.id]

    def lost(self, after_s: float) -> list[ImageRef | Result]:
        """See ``Outstanding.lost``."""
        limit = time.time() - after_s
        return [due for since, _, due in self._due.values() if since < limit]
