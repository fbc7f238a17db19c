"""Adapters without a server, for tests and experiments. They pass the same contract tests as the real ones."""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress

from loupe_shared.agreement import TakenBack, agreed
from loupe_shared.counters import CountFilter, Dimension, keys_of
from loupe_shared.domain import ImageRef, Outcome
from loupe_shared.errors import BlobReplaced
from loupe_shared.listing import MAX_HISTORY, Known, Order, Page, Position, ResultFilter, sort_value
from loupe_shared.messages import JOB_QUEUES, ClassifyJob, Message
from loupe_shared.ports import Change, EventType
from loupe_shared.result import Embedding, Result, Review, by_image
from loupe_shared.succession import succeed

POLL_INTERVAL_S = 0.01


class MemoryStore:
    """``ResultStore`` in dictionaries."""

    is_remote = False

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._history: dict[str, dict[tuple[str, int], Result]] = defaultdict(dict)
        self._lock = threading.Lock()

    def write(self, results: Sequence[Result]) -> list[Result]:
        """See ``ResultStore.write``."""
        with self._lock:
            successions = [succeed(self._results.get(id_), arrived) for id_, arrived in by_image(results).items()]
            for succession in successions:
                for result in succession.earlier:
                    self._history[result.image.id].setdefault(result.revision, result)
                if succession.current:
                    self._results[succession.current.image.id] = succession.current
        return [succession.shown for succession in successions if succession.shown]

    def review(self, image_id: str, word: Review | TakenBack, etag: str | None = None) -> str | None:
        """See ``ResultStore.review``."""
        with self._lock:
            known = self._results.get(image_id)
            if known is None:
                return None
            if etag is not None and etag != known.image.etag:
                raise BlobReplaced(f"{known.image.blob} has another version by now: look at it again")
            self._results[image_id] = agreed(known, word)
            return self._results[image_id].document()

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """See ``ResultStore.find``."""
        with self._lock:
            return {id_: self._results[id_].document() for id_ in image_ids if id_ in self._results}

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """See ``ResultStore.embeddings``."""
        with self._lock:
            found = [self._results[id_] for id_ in image_ids if id_ in self._results]
        return {
            one.image.id: (one.model.embedding_space, one.embedding) for one in found if one.model and one.embedding
        }

    def history(self, image_id: str) -> list[str]:
        """See ``ResultStore.history``."""
        with self._lock:
            revisions = self._history.get(image_id, {})
            return [revisions[revision].document() for revision in sorted(revisions, reverse=True)[:MAX_HISTORY]]

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        with self._lock:
            results = [r for r in self._results.values() if sort_value(r, order.sort) is not None and wanted.matches(r)]
        places = {Position.of(result, order.sort): result for result in results}
        found = [
            (place, places[place].document())
            for place in sorted(places, reverse=not order.ascending)
            if after is None or (place > after if order.ascending else place < after)
        ]
        return Page.of(found[: limit + 1], limit)

    def known(self, container: str, prefix: str, after: str, limit: int) -> list[Known]:
        """See ``ResultStore.known``."""
        with self._lock:
            found = [
                Known(result.image.blob, result.image.etag, result.outcome is Outcome.DELETED)
                for result in self._results.values()
                if result.image.container == container and result.image.blob.startswith(prefix)
            ]
        return sorted(one for one in found if one.blob > after)[:limit]

    def count(self, wanted: CountFilter, by: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
        """See ``ResultStore.count``."""
        with self._lock:
            keys = [key for result in self._results.values() for key in keys_of(result)]
        return dict(Counter(tuple(getattr(key, name) for name in by) for key in keys if wanted.matches(key)))

    def check(self) -> None:
        """See ``ResultStore.check``."""

    def close(self) -> None:
        """See ``ResultStore.close``."""


class MemoryAnnouncer:
    """``Announcer`` into lists: ``documents``, and of which kind each is, ``events``."""

    def __init__(self) -> None:
        self.documents: list[str] = []
        self.events: list[EventType] = []

    def announce(self, documents: Sequence[str], event: EventType = "image") -> None:
        """See ``Announcer.announce``."""
        self.events.extend(event for _ in documents)
        self.documents.extend(documents)


class MemoryChanges(MemoryAnnouncer):
    """``Changes`` from what was announced here."""

    async def latest(self) -> str:
        """See ``Changes.latest``."""
        return f"0-{len(self.documents)}"

    async def has_all_after(self, id_: str) -> bool:
        """See ``Changes.has_all_after``."""
        return int(id_.partition("-")[2]) <= len(self.documents)

    async def after(self, id_: str, wait_s: float) -> list[Change]:
        """See ``Changes.after``. Looks again and again."""
        known = int(id_.partition("-")[2])
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while known >= len(self.documents):  # noqa: ASYNC110  (who announces has no event loop)
                    await asyncio.sleep(POLL_INTERVAL_S)
        new = zip(self.documents[known:], self.events[known:], strict=False)
        return [Change(f"0-{known + n}", document, event) for n, (document, event) in enumerate(new, 1)]

    async def close(self) -> None:
        """See ``Changes.close``."""


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
        self._due: dict[tuple[str, str], tuple[float, str, ImageRef | Result]] = {}

    def add(self, due: Sequence[ImageRef | Result], queue: str = ClassifyJob.queue) -> None:
        """See ``Outstanding.add``."""
        for one in due:
            image = one.image if isinstance(one, Result) else one
            key = queue, image.id
            if key not in self._due or self._due[key][1] <= image.order:
                self._due[key] = time.time(), image.order, one

    def settle(self, images: Iterable[ImageRef]) -> None:
        """See ``Outstanding.settle``."""
        for image in images:
            for key in [(queue, image.id) for queue in JOB_QUEUES]:
                if key in self._due and self._due[key][1] <= image.order:
                    del self._due[key]

    def due(self, image_ids: Sequence[str]) -> set[str]:
        """See ``Outstanding.due``."""
        return {id_ for _, id_ in self._due} & set(image_ids)

    def lost(self, after_s: float, queue: str = ClassifyJob.queue) -> list[ImageRef | Result]:
        """See ``Outstanding.lost``."""
        limit = time.time() - after_s
        return [due for (due_in, _), (since, _, due) in self._due.items() if due_in == queue and since < limit]
