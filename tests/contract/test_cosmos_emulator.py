"""What the archive in Cosmos DB relies on, of the service and of its emulator alike."""

import copy
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from loupe_shared.adapters.cosmos import create_archive
from loupe_shared.adapters.cosmos_documents import Document


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container."""
    database = cosmos.create_database_if_not_exists("loupe")
    return create_archive(database, f"results-{uuid.uuid4().hex}")


def test_a_batch_that_fails_undoes_no_other(container: ContainerProxy) -> None:
    container.create_item({"id": "taken", "bucket": "failing"})
    long = "x" * 20_000

    def fail(number: int) -> None:
        documents = [{"id": str(number), "bucket": "failing", "text": long}, {"id": "taken", "bucket": "failing"}]
        with pytest.raises(CosmosBatchOperationError):
            container.execute_item_batch([("create", (document,), {}) for document in documents], "failing")

    def succeed(number: int) -> None:
        document = {"id": str(number), "bucket": "succeeding", "text": long}
        container.execute_item_batch([("create", (document,), {})], "succeeding")

    with ThreadPoolExecutor(4) as threads:
        batches = [threads.submit(batch, number) for number in range(100) for batch in (fail, succeed)]
    assert [batch.exception() for batch in batches] == [None] * 200
    found = container.query_items("SELECT c.id, c.bucket FROM c", enable_cross_partition_query=True)
    there = sorted((item["bucket"], item["id"]) for item in found)
    assert there == sorted([("failing", "taken"), *(("succeeding", str(number)) for number in range(100))])


def test_a_batch_that_fails_changes_nothing(container: ContainerProxy) -> None:
    before = [container.create_item({"id": name, "bucket": "b", "n": 1}) for name in ("a", "b", "c")]
    operations: list[Any] = [
        ("replace", ("a", {"id": "a", "bucket": "b", "n": 2}), {"if_match_etag": before[0]["_etag"]}),
        ("upsert", ({"id": "b", "bucket": "b", "n": 2},), {}),
        ("delete", ("c",), {}),
        ("upsert", ({"id": "d", "bucket": "b", "n": 2},), {}),
        ("create", ({"id": "e", "bucket": "b", "n": 2},), {}),
    ]

    def there() -> list[Document]:
        return sorted(container.query_items("SELECT * FROM c", partition_key="b"), key=lambda item: str(item["id"]))

    missing: Any = ("delete", ("x",), {})
    with pytest.raises(CosmosBatchOperationError) as caught:
        container.execute_item_batch([*copy.deepcopy(operations), missing], "b")
    assert (caught.value.status_code, caught.value.error_index) == (404, 5)
    assert there() == before
    container.execute_item_batch(operations, "b")
    assert [(item["id"], item["n"]) for item in there()] == [("a", 2), ("b", 2), ("d", 2), ("e", 2)]


def test_a_batch_has_limits(container: ContainerProxy) -> None:
    """Those of the service, so that the emulator does not take what the service would not."""
    many: list[Any] = [("upsert", ({"id": str(number), "bucket": "b"},), {}) for number in range(101)]
    with pytest.raises(CosmosHttpResponseError, match="too many operations"):
        container.execute_item_batch(many, "b")
    large: list[Any] = [("upsert", ({"id": "a", "bucket": "b", "text": "x" * 2_000_000},), {})]
    with pytest.raises(CosmosHttpResponseError, match="too large"):
        container.execute_item_batch(large, "b")
