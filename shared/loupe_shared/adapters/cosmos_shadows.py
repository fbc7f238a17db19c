"""What shadow versions say, in Azure Cosmos DB for NoSQL, laid out as ``cosmos_shadow_documents.py`` says."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from azure.cosmos import ContainerProxy, DatabaseProxy

from loupe_shared.adapters.cosmos_batches import Operation, put
from loupe_shared.adapters.cosmos_container import WRITE_PATIENCE_S, CosmosContainer, open_container
from loupe_shared.adapters.cosmos_queries import documents_query
from loupe_shared.adapters.cosmos_requests import Conflict, Unanswered
from loupe_shared.adapters.cosmos_shadow_documents import (
    bucket_of,
    comparison_document,
    comparison_of,
    container_arguments,
    counters_of,
    counts_documents,
    counts_query,
    ids_of,
    surest_query,
)
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.settings import ShadowSettings
from loupe_shared.shadow import Comparison, Pair

# In a batch: at most as many documents with counts are written with them, which may have some ten kilobytes each.
PART = 40

_NOWHERE = "none"  # no document has this id


def open_cosmos_shadows(settings: ShadowSettings) -> "CosmosShadows":
    """A store on the configured container.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    return CosmosShadows(open_container(settings, settings.cosmos_shadow_container), settings.shadow_days)


def create_shadow_container(database: DatabaseProxy, name: str) -> ContainerProxy:
    """A new, empty container, for accounts and emulators in which no infrastructure code makes it."""
    created: ContainerProxy = database.create_container(name, **container_arguments())
    return created


class CosmosShadows:
    """``ShadowStore`` in a container.

    Args:
        container: made with ``container_arguments``.
        days: after which comparisons are forgotten; unset for never. Their counts stay.
        governor: gives requests their turns.
    """

    def __init__(self, container: ContainerProxy, days: int | None = None, governor: Governor | None = None) -> None:
        self._container = CosmosContainer(container, governor or Governor())
        self._days = days

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """See ``ShadowStore.write``."""
        deadline = self._container.now() + WRITE_PATIENCE_S
        buckets: dict[str, dict[str, Comparison]] = defaultdict(dict)
        for comparison in comparisons:
            buckets[bucket_of(comparison)].setdefault(comparison.id, comparison)
        for bucket, by_id in buckets.items():
            of_bucket = list(by_id.values())
            for start in range(0, len(of_bucket), PART):
                self._write(bucket, of_bucket[start : start + PART], deadline)

    def count(self, model: str, shadow: int) -> dict[Pair, int]:
        """See ``ShadowStore.count``."""
        counts: Counter[Pair] = Counter()
        for document in self._container.query(counts_query(model, shadow)):
            for pair, images in counters_of(document):
                counts[pair] += images
        return dict(counts)

    def surest(self, model: str, shadow: int, serving: int, limit: int) -> list[Comparison]:
        """See ``ShadowStore.surest``."""
        found = self._container.query(surest_query(model, shadow, serving, limit))
        return [comparison_of(document) for document in found]

    def check(self) -> None:
        """See ``ShadowStore.check``."""
        self._container.document(_NOWHERE, _NOWHERE)

    def close(self) -> None:
        """See ``ShadowStore.close``. The SDK's connections end with the process."""

    def _write(self, bucket: str, comparisons: Sequence[Comparison], deadline: float) -> None:
        """Write what is not there. Whatever became of an attempt, the next one begins with what is there."""
        attempts = self._container.attempts(deadline)
        ids = ids_of(comparisons)
        while True:
            found = self._container.query(documents_query(ids), bucket, deadline)
            known = {document["id"]: document for document in found}
            new = [comparison for comparison in comparisons if comparison.id not in known]
            if not new:
                return
            batch = [put(document, known) for document in counts_documents(bucket, new, known)]
            batch += [Operation("create", (comparison_document(bucket, one, self._days),), {}) for one in new]
            try:
                attempts.make(lambda: self._container.container.execute_item_batch(batch, bucket))  # noqa: B023
            except (Conflict, Throttled, Unanswered):
                continue
            return
