"""Results in Azure Cosmos DB for NoSQL.

Partition key: ``bucket``, a hash of the image's id, so that writes spread over all partitions and the place of an image
follows from its name alone. A bucket holds its results and one ``counts`` document, which changes in the same
transactional batch as the results that it counts; etags make the batch fail as a whole when another writer came first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError, CosmosResourceNotFoundError
from azure.identity import DefaultAzureCredential

from loupe_shared.domain import Outcome, Result
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.listing import Counts, Page, Position, ResultFilter, timestamp
from loupe_shared.settings import StoreSettings

# Part of every document's address: it can only change together with a copy of all documents.
BUCKETS = 64
PARTITION_KEY = "/bucket"
COUNTS_ID = "counts"

# The service takes 100 operations in a batch, one of which is the counts document.
MAX_BATCH = 99
MAX_ATTEMPTS = 8
_CONFLICTS = (404, 409, 412, 449)

INDEXING_POLICY = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [
        {"path": f"/{path}/?"}
        for path in ("bucket", "kind", "image/container", "label", "score", "outcome", "completed", "id")
    ],
    "excludedPaths": [{"path": "/*"}],
    "compositeIndexes": [[{"path": f"/{path}", "order": "descending"} for path in ("completed", "id")]],
}

_CONDITIONS = {
    "container": "c.image.container = @container",
    "label": "c.label = @label",
    "min_score": "c.score >= @min_score",
    "outcome": "c.outcome = @outcome",
    "since": "c.completed >= @since",
    "until": "c.completed < @until",
}


def bucket(image_id: str) -> str:
    """The partition key value of an image."""
    return f"{int(image_id[:8], 16) % BUCKETS:02d}"


def open_cosmos(settings: StoreSettings) -> "CosmosStore":
    """A store on the configured container.

    Raises:
        ConfigurationError: the account does not answer, or has no such database or container.
    """
    key = settings.cosmos_key
    credential = key.get_secret_value() if key else DefaultAzureCredential()
    try:
        # Endpoint discovery would replace an emulator's address by the one that it believes to have.
        client = CosmosClient(str(settings.cosmos_endpoint), credential, enable_endpoint_discovery=key is None)
        container = client.get_database_client(settings.cosmos_database).get_container_client(settings.cosmos_container)
        container.read()
    except (AzureError, ValueError) as error:
        raise ConfigurationError(
            f"LOUPE_COSMOS_ENDPOINT: container {settings.cosmos_database}/{settings.cosmos_container} "
            f"cannot be opened: {str(error).splitlines()[0]}"
        ) from error
    return CosmosStore(container)


class CosmosStore:
    """``ResultStore`` in a container whose partition key is ``PARTITION_KEY``."""

    def __init__(self, container: ContainerProxy) -> None:
        self._container = container

    def write(self, results: Sequence[Result]) -> int:
        """See ``ResultStore.write``."""
        newest: dict[str, Result] = {}
        for result in results:
            known = newest.get(result.image.id)
            if known is None or result.revision > known.revision:
                newest[result.image.id] = result
        by_bucket: dict[str, list[Result]] = defaultdict(list)
        for result in newest.values():
            by_bucket[bucket(result.image.id)].append(result)
        return sum(
            self._write_batch(key, group[start : start + MAX_BATCH])
            for key, group in by_bucket.items()
            for start in range(0, len(group), MAX_BATCH)
        )

    def get(self, image_id: str) -> Result | None:
        """See ``ResultStore.get``."""
        try:
            with _translated():
                return _result(self._container.read_item(image_id, bucket(image_id)))
        except CosmosResourceNotFoundError:
            return None

    def page(self, wanted: ResultFilter, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        conditions, parameters = _where(wanted)
        if after:
            conditions.append("(c.completed < @completed OR (c.completed = @completed AND c.id < @id))")
            parameters += [{"name": "@completed", "value": after.completed_at}, {"name": "@id", "value": after.id}]
        query = (
            f"SELECT TOP {limit + 1} * FROM c WHERE {' AND '.join(conditions)} "  # noqa: S608  (constants of this module)
            "ORDER BY c.completed DESC, c.id DESC"
        )
        with _translated():
            found = self._container.query_items(query, parameters=parameters, enable_cross_partition_query=True)
            return Page.of((_result(document) for document in found), limit)

    def counts(self) -> Counts:
        """See ``ResultStore.counts``."""
        outcomes: dict[Outcome, int] = defaultdict(int)
        labels: dict[str, int] = defaultdict(int)
        query = "SELECT * FROM c WHERE c.kind = 'counts'"
        with _translated():
            for document in self._container.query_items(query, enable_cross_partition_query=True):
                for outcome, images in document["outcomes"].items():
                    outcomes[Outcome(outcome)] += images
                for label, images in document["labels"].items():
                    labels[label] += images
        return Counts({k: n for k, n in outcomes.items() if n}, {k: n for k, n in labels.items() if n})

    def check(self) -> None:
        """See ``ResultStore.check``."""
        try:
            with _translated():
                self._container.read_item(COUNTS_ID, bucket("0" * 8))
        except CosmosResourceNotFoundError:
            pass  # an answer; no image has come into this bucket yet

    def close(self) -> None:
        """See ``ResultStore.close``. The SDK's connections end with the process."""

    def _write_batch(self, key: str, results: Sequence[Result]) -> int:
        """Read the bucket's state, then write all that is newer and the counts, or nothing; again if it has changed."""
        for _ in range(MAX_ATTEMPTS):
            with _translated():
                ids = [*(result.image.id for result in results), COUNTS_ID]
                known = {d["id"]: d for d in self._container.read_items([(id_, key) for id_ in ids])}
            operations = _operations(key, results, known)
            if not operations:
                return 0
            try:
                with _translated():
                    self._container.execute_item_batch(operations, partition_key=key)
            except CosmosBatchOperationError as error:
                if error.status_code not in _CONFLICTS:
                    raise StoreUnavailable(f"Cosmos DB refused a batch: {error.message}") from error
            else:
                return len(operations) - 1
        raise StoreUnavailable(f"bucket {key} is written to by too many at once")


def _operations(key: str, results: Sequence[Result], known: dict[str, dict[str, Any]]) -> list[Any]:
    counts = known.get(COUNTS_ID, {"id": COUNTS_ID, "bucket": key, "kind": "counts", "outcomes": {}, "labels": {}})
    operations: list[Any] = []
    for result in results:
        document = known.get(result.image.id)
        if document:
            before = _result(document)
            if result.revision <= before.revision:
                continue
            _count(counts, before, -1)
        _count(counts, result, 1)
        operations.append(_put(_document(key, result), document))
    if operations:
        operations.append(_put(counts, known.get(COUNTS_ID)))
    return operations


def _put(document: dict[str, Any], known: dict[str, Any] | None) -> Any:  # noqa: ANN401  (the SDK's own loose type)
    """Write only if the document is still what was read: absent, or of the same etag."""
    if known is None:
        return ("create", (document,), {})
    return ("replace", (document["id"], document), {"if_match_etag": known["_etag"]})


def _count(counts: dict[str, Any], result: Result, images: int) -> None:
    counts["outcomes"][result.outcome] = counts["outcomes"].get(result.outcome, 0) + images
    if result.label:
        counts["labels"][result.label] = counts["labels"].get(result.label, 0) + images


def _document(key: str, result: Result) -> dict[str, Any]:
    # ``completed`` has a fixed width, unlike ISO 8601 times as JSON has them, so that text order is time order.
    return {
        **result.model_dump(mode="json"),
        "id": result.image.id,
        "bucket": key,
        "kind": "result",
        "completed": timestamp(result.completed_at),
    }


def _result(document: dict[str, Any]) -> Result:
    return Result.model_validate(document)


def _where(wanted: ResultFilter) -> tuple[list[str], list[dict[str, Any]]]:
    conditions, parameters = ["c.kind = 'result'"], []
    for field, condition in _CONDITIONS.items():
        value = getattr(wanted, field)
        if value is not None:
            conditions.append(condition)
            text = timestamp(value) if field in ("since", "until") else value
            parameters.append({"name": f"@{field}", "value": text})
    return conditions, parameters


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the SDK's errors into ours, but for those that are answers: not found, and a batch that did not apply."""
    try:
        yield
    except (CosmosResourceNotFoundError, CosmosBatchOperationError):
        raise
    except CosmosHttpResponseError as error:
        raise StoreUnavailable(f"Cosmos DB answered {error.status_code}: {error.message}") from error
    except AzureError as error:
        raise StoreUnavailable(f"Cosmos DB does not answer: {error}") from error
