"""What only the store in Cosmos DB must withstand: it supposes how things are, and others may have changed them."""

import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosBatchOperationError

from loupe_shared.adapters.cosmos import CosmosStore
from loupe_shared.adapters.cosmos_documents import BUCKETS, INDEXING_POLICY, PARTITION_KEY, bucket
from loupe_shared.domain import Outcome
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Counts
from tests.factories import deletion, result


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """An empty container."""
    database = cosmos.create_database_if_not_exists("loupe")
    name = f"results-{uuid.uuid4().hex}"
    return database.create_container(name, PartitionKey(PARTITION_KEY), indexing_policy=INDEXING_POLICY)


def same_bucket(count: int) -> list[str]:
    """Names of blobs whose results are written in one batch."""
    names = (f"{number}.jpg" for number in itertools.count())
    return list(itertools.islice((name for name in names if bucket(result(name).image.id) == "00"), count))


def test_a_batch_that_fails_undoes_no_other(container: ContainerProxy) -> None:
    """What the store relies on, of the service and of its emulator alike."""
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


def test_two_stores_that_write_in_turn_keep_counts_exact(container: ContainerProxy) -> None:
    stores = [CosmosStore(container), CosmosStore(container)]
    for number in range(200):
        assert stores[number % 2].write([result(f"{number}.jpg", label=f"label {number % 3}")]) == 1
    assert stores[0].counts() == Counts({Outcome.CLASSIFIED: 200}, {"label 0": 67, "label 1": 67, "label 2": 66})


def test_what_another_store_wrote_is_not_written_over(container: ContainerProxy) -> None:
    store, other = CosmosStore(container), CosmosStore(container)
    store.write([result("a"), result("b")])
    other.write([deletion("a", sequencer="03"), result("b", label="dog", sequencer="03")])
    assert store.write([result("a", sequencer="02"), result("b", label="fox", sequencer="04")]) == 1
    assert store.get(result("a").image.id) == deletion("a", sequencer="03")
    assert store.counts() == Counts({Outcome.CLASSIFIED: 1, Outcome.DELETED: 1}, {"fox": 1})


def test_what_was_written_although_no_answer_came_counts_once(
    container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = same_bucket(2)
    store = CosmosStore(container)
    store.write([result(first)])
    original = container.execute_item_batch

    def lose_the_answer(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
        original(*arguments, **options)
        raise ServiceResponseError("the connection was closed")

    newer = [result(second), result(first, label="dog", sequencer="02")]
    with monkeypatch.context() as patch:
        patch.setattr(container, "execute_item_batch", lose_the_answer)
        with pytest.raises(StoreUnavailable, match="does not answer"):
            store.write(newer)
    assert store.get(newer[0].image.id) == newer[0]  # it was written
    assert store.write(newer) == 0
    assert store.counts() == Counts({Outcome.CLASSIFIED: 2}, {"cat": 1, "dog": 1})


def test_after_an_error_nothing_of_it_is_still_on_its_way(
    container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CosmosStore(container)
    results = [result(f"{number}.jpg") for number in range(BUCKETS * 4)]
    original, failed = container.execute_item_batch, threading.Event()
    in_flight: set[object] = set()

    def fail_first(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        token = object()
        in_flight.add(token)
        try:
            if not failed.is_set():
                failed.set()
                raise ServiceRequestError("the connection was refused")
            threading.Event().wait(0.2)  # others take longer than the one that fails
            return original(*arguments, **options)
        finally:
            in_flight.remove(token)

    monkeypatch.setattr(container, "execute_item_batch", fail_first)
    with pytest.raises(StoreUnavailable):
        store.write(results)
    assert not in_flight
    monkeypatch.undo()
    written = sum(store.counts().outcomes.values())
    assert written < len(results)
    assert store.write(results) == len(results) - written
    assert store.counts() == Counts({Outcome.CLASSIFIED: len(results)}, {"cat": len(results)})


def test_in_an_outage_no_writer_waits_behind_the_others(
    container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as there are handlers try at once. Each request fails only when every writer has one under way."""
    writers = 16
    store = CosmosStore(container)
    store.write([result(f"{number}.jpg") for number in range(BUCKETS * 20)])  # some in every bucket
    under_way = threading.Barrier(writers)

    def time_out(*_: Any, **__: Any) -> None:  # noqa: ANN401
        under_way.wait(30)
        raise ServiceRequestError("timed out")

    monkeypatch.setattr(container, "execute_item_batch", time_out)

    def write(number: int) -> BaseException | None:
        try:
            store.write([result(f"new {number}.jpg")])
        except StoreUnavailable as error:
            return error.__cause__
        return None

    with ThreadPoolExecutor(writers) as threads:
        causes = list(threads.map(write, range(writers)))
    assert [str(cause) for cause in causes] == ["timed out"] * writers


def test_what_is_new_is_written_without_reading(container: ContainerProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CosmosStore(container)
    store.write([result(f"{number}.jpg") for number in range(BUCKETS * 20)])  # some in every bucket
    monkeypatch.delattr(type(container), "read_items")
    assert store.write([result(f"new {number}.jpg") for number in range(BUCKETS * 2)]) == BUCKETS * 2
    assert store.counts().labels == {"cat": BUCKETS * 22}
