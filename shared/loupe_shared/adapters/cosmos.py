"""Results in Azure Cosmos DB for NoSQL, laid out as ``cosmos_documents.py`` says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from azure.core.exceptions import AzureError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError, CosmosResourceNotFoundError
from azure.identity import DefaultAzureCredential

from loupe_shared.adapters.cosmos_documents import (
    COUNTS_ID,
    Document,
    bucket,
    counts_after,
    operations,
    page_query,
    result_of,
)
from loupe_shared.domain import Outcome, Result, newest_of_each
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.listing import Counts, Page, Position, ResultFilter
from loupe_shared.settings import StoreSettings

# The service takes 100 operations in a batch, one of which is the counts document.
MAX_BATCH = 99
MAX_ATTEMPTS = 8
CONCURRENT_BATCHES = 4

# Sub-status of a 404: not the item is missing, but its container or database.
OWNER_IS_MISSING = 1003
_CONFLICTS = (404, 409, 412, 449)


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
    """``ResultStore`` in a container whose partition key is ``PARTITION_KEY``.

    What it writes is usually new, and usually nobody else writes. So it supposes that no result is there yet and that
    the counts are as it left them. A batch applies only if that is so; if it is not, the bucket is read.
    """

    def __init__(self, container: ContainerProxy) -> None:
        self._container = container
        self._counts: dict[str, Document] = {}

    def write(self, results: Sequence[Result]) -> int:
        """See ``ResultStore.write``."""
        by_bucket: dict[str, list[Result]] = defaultdict(list)
        for image_id, result in newest_of_each(results).items():
            by_bucket[bucket(image_id)].append(result)
        batches = [
            (key, group[start : start + MAX_BATCH])
            for key, group in by_bucket.items()
            for start in range(0, len(group), MAX_BATCH)
        ]
        # Threads of its own: in an outage nobody waits behind others, and none of it is on its way after an error.
        with ThreadPoolExecutor(CONCURRENT_BATCHES, "cosmos") as writers:
            return sum(writers.map(self._write_batch, *zip(*batches, strict=True)))

    def get(self, image_id: str) -> Result | None:
        """See ``ResultStore.get``."""
        with _translated():
            try:
                return result_of(self._container.read_item(image_id, bucket(image_id)))
            except CosmosResourceNotFoundError as error:
                if error.sub_status == OWNER_IS_MISSING:
                    raise
                return None

    def page(self, wanted: ResultFilter, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        query, parameters = page_query(wanted, limit, after)
        with _translated():
            found = self._container.query_items(query, parameters=parameters, enable_cross_partition_query=True)
            return Page.of((result_of(document) for document in found), limit)

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
        self.get("0" * 32)  # there is no such image; what matters is that there is an answer

    def close(self) -> None:
        """See ``ResultStore.close``. The SDK's connections end with the process."""

    def _write_batch(self, key: str, results: Sequence[Result]) -> int:
        """Write all that is newer and the counts, or nothing; again if the bucket was not as it was believed to be."""
        counts = self._counts.get(key)
        known = {COUNTS_ID: counts} if counts else self._read(key, results)
        for _ in range(MAX_ATTEMPTS):
            batch = operations(key, results, known)
            if not batch:
                return 0
            try:
                with _translated():
                    answers = self._container.execute_item_batch(batch, partition_key=key)
            except CosmosBatchOperationError as error:
                if error.status_code not in _CONFLICTS:
                    raise StoreUnavailable(f"Cosmos DB refused a batch: {error.message}") from error
                known = self._read(key, results)
            else:
                self._counts[key] = counts_after(batch, answers)
                return len(batch) - 1
        raise StoreUnavailable(f"bucket {key} is written to by too many at once")

    def _read(self, key: str, results: Sequence[Result]) -> dict[str, Document]:
        with _translated():
            ids = [*(result.image.id for result in results), COUNTS_ID]
            return {document["id"]: document for document in self._container.read_items([(id_, key) for id_ in ids])}


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the SDK's errors into ours, but for a batch that did not apply, which is an answer."""
    try:
        yield
    except CosmosBatchOperationError:
        raise
    except CosmosHttpResponseError as error:
        raise StoreUnavailable(f"Cosmos DB answered {error.status_code}: {error.message}") from error
    except AzureError as error:
        raise StoreUnavailable(f"Cosmos DB does not answer: {error}") from error
