"""Writers of the archive in Cosmos DB suppose how things are, and others may have changed them."""

import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.cosmos import ContainerProxy, CosmosClient

from loupe_shared.adapters import cosmos as cosmos_store
from loupe_shared.adapters.cosmos import CosmosStore, create_archive
from loupe_shared.adapters.cosmos_batches import MAX_BYTES
from loupe_shared.adapters.cosmos_documents import DEFAULT_BUCKETS, bucket_of
from loupe_shared.errors import PermanentError, StoreUnavailable
from loupe_shared.listing import Order, ResultFilter
from loupe_shared.result import Embedding, Result, Review
from tests.factories import NOON, deletion, rejection, result
from tests.stored import labels, outcomes, shown

REVIEW = Review(label="lynx", reviewer="Ada", reviewed_at=NOON)


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container."""
    database = cosmos.create_database_if_not_exists("loupe")
    return create_archive(database, f"results-{uuid.uuid4().hex}", 4)


@pytest.fixture
def store(container: ContainerProxy) -> CosmosStore:
    """A store in it."""
    return CosmosStore(container)


def embedded(one: Result, *values: int) -> Result:
    """The same result with an embedding."""
    return one.model_copy(update={"embedding": Embedding(values=bytes(values), scale=0.5)})


def same_bucket(count: int) -> list[str]:
    """Names of blobs whose results are written in one batch."""
    names = (f"{number}.jpg" for number in itertools.count())
    first = bucket_of(result().image.id, DEFAULT_BUCKETS)
    fitting = (name for name in names if bucket_of(result(name).image.id, DEFAULT_BUCKETS) == first)
    return list(itertools.islice(fitting, count))


def test_two_stores_that_write_in_turn_keep_counts_exact(container: ContainerProxy) -> None:
    stores = [CosmosStore(container), CosmosStore(container)]
    for number in range(200):
        one = result(f"{number}.jpg", label=f"label {number % 3}", completed_at=NOON + timedelta(days=number % 2))
        assert stores[number % 2].write([one]) == [one]
    assert outcomes(stores[0]) == {"classified": 200}
    assert labels(stores[0]) == {"label 0": 67, "label 1": 67, "label 2": 66}


def test_what_another_store_wrote_is_not_written_over(container: ContainerProxy) -> None:
    store, other = CosmosStore(container), CosmosStore(container)
    store.write([result("a"), result("b")])
    other.write([deletion("a", sequencer="03"), result("b", label="dog", sequencer="03")])
    newer = result("b", label="fox", sequencer="04")
    assert store.write([result("a", sequencer="02"), newer]) == [newer]
    assert shown(store, result("a")) == deletion("a", sequencer="03")
    assert (outcomes(store), labels(store)) == ({"classified": 1, "deleted": 1}, {"fox": 1})


def test_what_was_written_although_no_answer_came_counts_once(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = same_bucket(2)
    store.write([result(first)])
    original, lost = container.execute_item_batch, threading.Event()

    def lose_the_answer(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        answer = original(*arguments, **options)
        if not lost.is_set():
            lost.set()
            raise ServiceResponseError("the connection was closed")
        return answer

    monkeypatch.setattr(container, "execute_item_batch", lose_the_answer)
    newer = [result(second), result(first, label="dog", sequencer="02")]
    assert sorted(store.write(newer), key=newer.index) == newer
    assert lost.is_set()
    assert [one.image.id for one in store.write(newer)] == [one.image.id for one in newer]
    assert (outcomes(store), labels(store)) == ({"classified": 2}, {"cat": 1, "dog": 1})


def test_what_was_written_before_time_ran_out_counts_once(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = container.execute_item_batch

    def lose_the_answer(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
        original(*arguments, **options)
        threading.Event().wait(0.5)  # until all patience is at an end
        raise ServiceResponseError("the connection was closed")

    with monkeypatch.context() as patch:
        patch.setattr(container, "execute_item_batch", lose_the_answer)
        patch.setattr(cosmos_store, "WRITE_PATIENCE_S", 0.5)
        with pytest.raises(StoreUnavailable, match="the connection was closed"):
            store.write([result()])
    assert shown(store, result()) == result()
    assert store.write([result()]) == [result()]
    assert outcomes(store) == {"classified": 1}


def test_after_an_error_nothing_of_it_is_still_on_its_way(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosmos_store, "WRITE_PATIENCE_S", 1e-3)  # so that the first failure is the last
    results = [result(f"{number}.jpg") for number in range(DEFAULT_BUCKETS * 4)]
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
    written = sum(outcomes(store).values())
    assert written < len(results)
    assert len(store.write(results)) == len(results)
    assert (outcomes(store), labels(store)) == ({"classified": len(results)}, {"cat": len(results)})


def test_in_an_outage_no_writer_waits_behind_the_others(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as there are handlers try at once. No first request fails before every writer has one under way."""
    writers = 16
    monkeypatch.setattr(cosmos_store, "WRITE_PATIENCE_S", 1.0)
    under_way, all_were = threading.Barrier(writers), threading.Event()

    def time_out(*_: Any, **__: Any) -> None:  # noqa: ANN401
        if not all_were.is_set():
            under_way.wait(30)
            all_were.set()
        raise ServiceRequestError("timed out")

    monkeypatch.setattr(container, "execute_item_batch", time_out)

    def write(number: int) -> None:
        with pytest.raises(StoreUnavailable):
            store.write([result(f"new {number}.jpg")])

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    assert all_were.is_set()  # or else the barrier has broken


def test_what_is_new_is_written_without_reading(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([result(f"{number}.jpg") for number in range(DEFAULT_BUCKETS * 20)])  # some in every bucket
    with monkeypatch.context() as patch:
        for method in ("read_item", "read_items", "query_items"):
            patch.delattr(type(container), method)
        new = [embedded(result(f"new {number}.jpg"), 1, 2, 3, 4) for number in range(DEFAULT_BUCKETS * 2)]
        tomorrow = [result(f"late {number}.jpg", completed_at=NOON + timedelta(days=1)) for number in range(40)]
        assert len(store.write(new + tomorrow)) == len(new) + len(tomorrow)
    assert labels(store) == {"cat": DEFAULT_BUCKETS * 22 + 40}


def test_many_results_of_one_image_at_once(store: CosmosStore) -> None:
    versions = [result(sequencer=f"{number:03}") for number in range(260)]
    for _ in range(2):
        store.write(versions)
        assert shown(store, result()) == versions[-1]
        assert store.history(result().image.id) == [one.document() for one in reversed(versions[:-1])]
    assert outcomes(store) == {"classified": 1}


def test_more_than_fits_into_a_batch(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x" * (MAX_BYTES // 10)
    results = [rejection(name).model_copy(update={"detail": long}) for name in same_bucket(25)]
    sizes: list[int] = []
    original = container.execute_item_batch

    def note(operations: list[Any], bucket: str) -> Any:  # noqa: ANN401
        sizes.append(len(operations))
        return original(operations, bucket)

    monkeypatch.setattr(container, "execute_item_batch", note)
    assert len(store.write(results)) == 25
    assert sum(sizes) == 25 + len(sizes)  # counts, too
    assert max(sizes) <= 10
    assert outcomes(store) == {"rejected": 25}
    with pytest.raises(PermanentError, match="too large for Cosmos DB"):
        store.write([rejection("huge").model_copy(update={"detail": long * 10})])


def test_reviews_at_the_same_time_as_writes_are_counted(container: ContainerProxy) -> None:
    store, other = CosmosStore(container), CosmosStore(container)
    names = same_bucket(40)
    store.write([result(name) for name in names])

    def review(name: str) -> None:
        other.review(result(name).image.id, REVIEW)

    with ThreadPoolExecutor(4) as threads:
        reviews = [threads.submit(review, name) for name in names]
        writes = [threads.submit(store.write, [result(f"{name} too")]) for name in names]
    assert [review.exception() for review in reviews] + [write.exception() for write in writes] == [None] * 80
    everything = store.page(ResultFilter(reviewed=True), Order(), 100).documents
    assert len(everything) == 40
    assert outcomes(other) == {"classified": 80}
