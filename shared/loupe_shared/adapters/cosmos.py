"""The archive in Azure Cosmos DB for NoSQL, laid out as ``cosmos_documents.py`` says."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from azure.cosmos import ContainerProxy, DatabaseProxy

from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_batches import Batch, ids_of, make_batch, make_review
from loupe_shared.adapters.cosmos_container import READ_PATIENCE_S, WRITE_PATIENCE_S, open_container
from loupe_shared.adapters.cosmos_documents import (
    LAYOUT,
    SECONDS_PER_DAY,
    Document,
    container_arguments,
    counts_id,
    day_of,
    embedding_id,
    embedding_of,
    image_of_embedding,
    result_of,
)
from loupe_shared.adapters.cosmos_queries import history_query, known_query, page_query
from loupe_shared.adapters.cosmos_requests import Attempts, Conflict, Unanswered
from loupe_shared.adapters.cosmos_statistics import CosmosStatistics
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.agreement import TakenBack, agreed
from loupe_shared.counters import CountFilter, Dimension
from loupe_shared.domain import Outcome
from loupe_shared.errors import BlobReplaced, ConfigurationError, StoreUnavailable
from loupe_shared.listing import MAX_HISTORY, Known, Order, Page, Position, ResultFilter
from loupe_shared.result import Embedding, Result, Review, by_image
from loupe_shared.settings import StoreSettings

CONCURRENT_BUCKETS = 4


def open_cosmos(settings: StoreSettings) -> "CosmosStore":
    """A store on the configured container.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    try:
        return CosmosStore(open_container(settings, settings.cosmos_container), settings.history_days)
    except StoreUnavailable as error:
        raise ConfigurationError(f"LOUPE_COSMOS_ENDPOINT: {error}") from error


def create_archive(database: DatabaseProxy, name: str, embedding_size: int | None = None) -> ContainerProxy:
    """A new, empty container, for accounts and emulators in which no infrastructure code makes it.

    Args:
        database: to make it in.
        name: of the container.
        embedding_size: of the model; unset if nobody looks for similar images.
    """
    created: ContainerProxy = database.create_container(name, **container_arguments(embedding_size))
    return created


class CosmosStore:
    """``ResultStore`` in a container.

    What it writes is usually new, and usually nobody else writes. So it supposes that no result is there yet and that
    the counts are as it left them. A batch applies only if that is so; if it is not, the documents are read.

    Args:
        container: made with ``container_arguments``.
        history_days: after which earlier results are forgotten; unset to keep them.
        governor: gives requests their turns.

    Attributes:
        archive: the container.

    Raises:
        ConfigurationError: the container was laid out by another version of Loupe.
        StoreUnavailable: Cosmos DB does not answer.
    """

    is_remote = True

    def __init__(
        self, container: ContainerProxy, history_days: int | None = None, governor: Governor | None = None
    ) -> None:
        self.archive = CosmosArchive(container, governor or Governor())
        self._statistics = CosmosStatistics(self.archive)
        self._history_ttl = None if history_days is None else history_days * SECONDS_PER_DAY
        self._counts: dict[str, dict[str, Document]] = {}  # by bucket, those that its last batch wrote

    def write(self, results: Sequence[Result]) -> list[Result]:
        """See ``ResultStore.write``.

        Raises:
            PermanentError: a result is too large.
        """
        by_bucket: dict[str, list[list[Result]]] = defaultdict(list)
        for image_id, arrived in by_image(results).items():
            by_bucket[self.archive.bucket(image_id)].append(arrived)
        deadline = self.archive.now() + WRITE_PATIENCE_S
        try:
            # Threads of its own: in an outage nobody waits behind others, and none of it is on its way after an error.
            with ThreadPoolExecutor(CONCURRENT_BUCKETS, "cosmos") as writers:
                shown = writers.map(lambda bucket: self._write(bucket, by_bucket[bucket], deadline), by_bucket)
                return [result for part in shown for result in part]
        finally:
            self._statistics.outdate()

    def review(self, image_id: str, word: Review | TakenBack, etag: str | None = None) -> str | None:
        """See ``ResultStore.review``."""
        bucket, deadline = self.archive.bucket(image_id), self.archive.now() + READ_PATIENCE_S
        attempts = self.archive.attempts(deadline)
        while True:
            known = self._read(bucket, [image_id], deadline)
            if image_id not in known:
                return None
            before = result_of(known[image_id])
            if etag is not None and etag != before.image.etag:
                raise BlobReplaced(f"{before.image.blob} has another version by now: look at it again")
            after = agreed(before, word)
            try:
                self._apply(bucket, make_review(bucket, before, after, known), attempts)
            except (Conflict, Throttled, Unanswered):
                continue
            finally:
                self._statistics.outdate()
            return after.document()

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """See ``ResultStore.find``."""
        found = self.archive.scattered(image_ids)
        return {document["id"]: result_of(document).document() for document in found}

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """See ``ResultStore.embeddings``."""
        found = self.archive.scattered([embedding_id(image_id) for image_id in image_ids])
        return {image_of_embedding(document["id"]): embedding_of(document) for document in found}

    def history(self, image_id: str) -> list[str]:
        """See ``ResultStore.history``."""
        found = map(result_of, self.archive.query(history_query(image_id), self.archive.bucket(image_id)))
        earlier = sorted(found, key=lambda result: result.revision, reverse=True)
        return [result.document() for result in earlier[:MAX_HISTORY]]

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        found = map(result_of, self.archive.query(page_query(wanted, order, limit, after)))
        return Page.of(((Position.of(result, order.sort), result.document()) for result in found), limit)

    def known(self, container: str, prefix: str, after: str, limit: int) -> list[Known]:
        """See ``ResultStore.known``."""
        found = self.archive.query(known_query(container, prefix, after, limit))
        return [Known(one["blob"], one["etag"], one["outcome"] == Outcome.DELETED) for one in found]

    def count(self, wanted: CountFilter, by: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
        """See ``ResultStore.count``."""
        return self._statistics.count(wanted, by)

    def check(self) -> None:
        """See ``ResultStore.check``."""
        self.archive.document(LAYOUT, LAYOUT)

    def close(self) -> None:
        """See ``ResultStore.close``. The SDK's connections end with the process."""

    def _write(self, bucket: str, arrived: list[list[Result]], deadline: float) -> list[Result]:
        """Write to one bucket, batch by batch."""
        shown: list[Result] = []
        later: list[list[Result]] = []
        known = self._counts.get(bucket, {})
        attempts = self.archive.attempts(deadline)
        while arrived:
            batch = make_batch(bucket, arrived, known, self._history_ttl)
            try:
                counts = self._apply(bucket, batch, attempts)
            except Throttled:
                continue
            except (Conflict, Unanswered):
                arrived, later = batch.taken, [*batch.rest, *later]
                known = self._read(bucket, ids_of(arrived), deadline)
                continue
            shown += batch.shown
            arrived, known = batch.rest, known | counts
            if not arrived:
                arrived, later, known = later, [], self._counts.get(bucket, {})
        return shown

    def _apply(self, bucket: str, batch: Batch, attempts: Attempts) -> dict[str, Document]:
        """Attempt to apply a batch. Returns the counts documents as it left them."""
        if not batch.operations:
            return {}
        answers = attempts.make(lambda: self.archive.container.execute_item_batch(batch.operations, bucket))
        counts = batch.counts_after(answers)
        if counts:
            self._counts[bucket] = counts
        return counts

    def _read(self, bucket: str, ids: Sequence[str], deadline: float) -> dict[str, Document]:
        """Documents of images, and the counts in which they are counted."""
        known = self.archive.documents(bucket, ids, deadline)
        days = {counts_id(day_of(document)) for document in known.values() if document["kind"] == "result"}
        unread = sorted(days.difference(ids))
        return known | self.archive.documents(bucket, unread, deadline) if unread else known
