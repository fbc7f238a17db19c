"""What only the archive in Cosmos DB must withstand: it supposes how things are, and others may have changed them."""

import copy
import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError
from pydantic import SecretStr

from loupe_shared.adapters import cosmos as cosmos_store
from loupe_shared.adapters.cosmos import CosmosStore, create_archive, open_cosmos
from loupe_shared.adapters.cosmos_batches import MAX_BYTES
from loupe_shared.adapters.cosmos_documents import (
    DEFAULT_BUCKETS,
    Document,
    bucket_of,
    embedding_id,
    layout_document,
)
from loupe_shared.adapters.cosmos_similar import CosmosSimilar
from loupe_shared.errors import ConfigurationError, PermanentError, StoreUnavailable
from loupe_shared.listing import Order, ResultFilter
from loupe_shared.result import Embedding, Result, Review
from loupe_shared.settings import StoreSettings
from tests.factories import NOON, deletion, rejection, result
from tests.stored import labels, outcomes, shown

EMBEDDING_SIZE = 4
REVIEW = Review(label="lynx", reviewer="Ada", reviewed_at=NOON)


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container."""
    database = cosmos.create_database_if_not_exists("loupe")
    return create_archive(database, f"results-{uuid.uuid4().hex}", EMBEDDING_SIZE)


@pytest.fixture
def store(container: ContainerProxy) -> CosmosStore:
    """A store in it."""
    return CosmosStore(container)


def same_bucket(count: int) -> list[str]:
    """Names of blobs whose results are written in one batch."""
    names = (f"{number}.jpg" for number in itertools.count())
    first = bucket_of(result().image.id, DEFAULT_BUCKETS)
    fitting = (name for name in names if bucket_of(result(name).image.id, DEFAULT_BUCKETS) == first)
    return list(itertools.islice(fitting, count))


def all_of(container: ContainerProxy, kind: str) -> list[Document]:
    """All documents of a kind."""
    query = "SELECT * FROM c WHERE c.kind = @kind"
    parameters: list[dict[str, Any]] = [{"name": "@kind", "value": kind}]
    return list(container.query_items(query, parameters=parameters, enable_cross_partition_query=True))


def embedded(one: Result, *values: int) -> Result:
    """The same result with an embedding."""
    return one.model_copy(update={"embedding": Embedding(values=bytes(values), scale=0.5)})


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


def test_a_batch_that_fails_changes_nothing(container: ContainerProxy) -> None:
    """The same, for every kind of operation."""
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


def test_a_container_is_laid_out_once(container: ContainerProxy) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(CosmosStore, [container] * 8))
    (layout,) = all_of(container, "layout")
    assert (layout["buckets"], layout["schema"]) == (32, 1)
    assert all(one.write([result(f"{number}")]) for number, one in enumerate(stores))
    assert outcomes(stores[0]) == {"classified": 8}


def test_a_container_keeps_the_number_of_its_buckets(container: ContainerProxy) -> None:
    container.create_item(layout_document() | {"buckets": 3})
    store = CosmosStore(container)
    store.write([result(f"{number}") for number in range(40)])
    assert {document["bucket"] for document in all_of(container, "result")} == {"0000", "0001", "0002"}
    assert shown(store, result("7")) == result("7")


def test_a_container_of_another_version_is_left_alone(container: ContainerProxy) -> None:
    container.create_item(layout_document() | {"schema": 2})
    with pytest.raises(ConfigurationError, match="laid out by another version of Loupe"):
        CosmosStore(container)


def test_the_settings_say_which_container(cosmos: CosmosClient, container: ContainerProxy, unused_port: int) -> None:
    def settings(**changes: object) -> StoreSettings:
        given = {
            "results_store": "cosmos",
            "cosmos_endpoint": cosmos.client_connection.url_connection,
            "cosmos_key": SecretStr("a2V5"),
            "cosmos_container": container.id,
            "history_days": 3,
        }
        return StoreSettings.model_validate(given | changes)

    store = open_cosmos(settings())
    store.check()
    store.write([result(), deletion()])
    assert [document["ttl"] for document in all_of(container, "history")] == [3 * 86_400]
    with pytest.raises(ConfigurationError, match="loupe/none cannot be opened"):
        open_cosmos(settings(cosmos_container="none"))
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_cosmos(settings(cosmos_endpoint=f"http://127.0.0.1:{unused_port}"))


def test_history_is_kept_for_ever_unless_it_is_not(container: ContainerProxy) -> None:
    CosmosStore(container).write([result(), deletion()])
    assert ["ttl" in document for document in all_of(container, "history")] == [False]


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
    assert store.write(newer) == []
    assert (outcomes(store), labels(store)) == ({"classified": 2}, {"cat": 1, "dog": 1})


def test_what_was_written_before_time_ran_out_counts_once(
    store: CosmosStore, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = container.execute_item_batch

    def lose_the_answer(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
        original(*arguments, **options)
        raise ServiceResponseError("the connection was closed")

    with monkeypatch.context() as patch:
        patch.setattr(container, "execute_item_batch", lose_the_answer)
        patch.setattr(cosmos_store, "WRITE_PATIENCE_S", 1e-3)
        with pytest.raises(StoreUnavailable, match="the connection was closed"):
            store.write([result()])
    assert shown(store, result()) == result()
    assert store.write([result()]) == []
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
    assert len(store.write(results)) == len(results) - written
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

    def write(number: int) -> BaseException | None:
        try:
            store.write([result(f"new {number}.jpg")])
        except StoreUnavailable as error:
            return error.__cause__
        return None

    with ThreadPoolExecutor(writers) as threads:
        causes = list(threads.map(write, range(writers)))
    assert [str(cause) for cause in causes] == ["timed out"] * writers


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


def test_the_first_answer_of_a_revision_stays_in_history(store: CosmosStore) -> None:
    """It has the review, which what is delivered again has not."""
    store.write([result()])
    store.review(result().image.id, REVIEW)
    store.write([result(sequencer="02")])
    store.write([result()])
    assert store.history(result().image.id) == [result().model_copy(update={"review": REVIEW}).document()]


def test_an_embedding_is_always_of_the_result_that_is_shown(store: CosmosStore, container: ContainerProxy) -> None:
    similar = CosmosSimilar(container)
    id_ = result().image.id
    assert similar.embedding(id_) is None
    first = embedded(result(), 1, 2, 255, 128)
    store.write([first, embedded(result("other"), 0, 0, 0, 1)])
    assert similar.embedding(id_) == ("test:1", first.embedding)
    store.review(id_, REVIEW)
    assert similar.embedding(id_) == ("test:1", first.embedding)
    second = embedded(result(sequencer="02", model_version=2), 9, 9, 9, 9)
    store.write([second])
    assert similar.embedding(id_) == ("test:2", second.embedding)
    store.write([first, embedded(result(sequencer="01", model_version=9), 5, 5, 5, 5)])
    assert similar.embedding(id_) == ("test:2", second.embedding)
    store.write([deletion(sequencer="03")])
    assert similar.embedding(id_) is None
    assert [document["id"] for document in all_of(container, "embedding")] == [embedding_id(result("other").image.id)]
    similar.close()


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


def test_what_is_missing_is_not_taken_for_empty(cosmos: CosmosClient, container: ContainerProxy) -> None:
    store = CosmosStore(container)
    cosmos.get_database_client("loupe").delete_container(container.id)
    for ask in (
        store.check,
        lambda: store.find([result().image.id]),
        lambda: store.find([result(f"{number}").image.id for number in range(9)]),
        lambda: store.history(result().image.id),
        lambda: store.write([result()]),
        lambda: store.page(ResultFilter(), Order(), 1),
        lambda: outcomes(store),
    ):
        with pytest.raises(StoreUnavailable, match="404"):
            ask()
