"""What every results store promises, on each of them."""

import itertools
import random
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from azure.cosmos import CosmosClient, PartitionKey

from loupe_shared.adapters.cosmos import CosmosStore
from loupe_shared.adapters.cosmos_documents import INDEXING_POLICY, PARTITION_KEY
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.domain import Outcome, Result
from loupe_shared.listing import Counts, Position, ResultFilter
from loupe_shared.ports import ResultStore
from tests.factories import NOON, deletion, rejection, result


@pytest.fixture(params=["memory", "sqlite", "cosmos"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ResultStore]:
    """An empty store of each kind."""
    match request.param:
        case "memory":
            made: ResultStore = MemoryStore()
        case "sqlite":
            made = SqliteStore(tmp_path / "results.sqlite")
        case _:
            client: CosmosClient = request.getfixturevalue("cosmos")
            database = client.create_database_if_not_exists("loupe")
            name = f"results-{uuid.uuid4().hex}"
            made = CosmosStore(
                database.create_container(name, PartitionKey(PARTITION_KEY), indexing_policy=INDEXING_POLICY)
            )
    yield made
    made.close()


def test_an_unknown_image_has_no_result(store: ResultStore) -> None:
    assert store.get(result().image.id) is None


def test_a_result_comes_back_as_it_was_written(store: ResultStore) -> None:
    written = [result("a.jpg"), rejection("b.jpg"), deletion("c/ü &?#.jpg")]
    assert store.write(written) == 3
    assert [store.get(r.image.id) for r in written] == written


def test_writing_again_changes_nothing(store: ResultStore) -> None:
    store.write([result()])
    later = result(label="dog", completed_at=NOON + timedelta(hours=1))
    assert store.write([later, result()]) == 0
    assert store.get(result().image.id) == result()
    assert store.counts() == Counts({Outcome.CLASSIFIED: 1}, {"cat": 1})


def test_a_newer_event_replaces_and_an_older_one_does_not(store: ResultStore) -> None:
    store.write([result(sequencer="0a")])
    assert store.write([result(sequencer="10", label="dog")]) == 1
    assert store.write([result(sequencer="f", label="fox")]) == 0
    assert store.counts() == Counts({Outcome.CLASSIFIED: 1}, {"dog": 1})


def test_a_newer_model_replaces_and_an_older_one_does_not(store: ResultStore) -> None:
    store.write([result(model_version=9)])
    assert store.write([result(model_version=10, label="dog")]) == 1
    assert store.write([result(model_version=9, label="fox")]) == 0
    assert store.counts().labels == {"dog": 1}


def test_a_delete_beats_a_late_create(store: ResultStore) -> None:
    store.write([deletion(sequencer="02")])
    assert store.write([result(sequencer="01")]) == 0
    assert store.counts() == Counts({Outcome.DELETED: 1}, {})


def test_the_newest_of_one_batch_stays(store: ResultStore) -> None:
    store.write([result(sequencer="02", label="dog"), result(sequencer="01"), deletion(sequencer="03")])
    assert store.get(result().image.id) == deletion(sequencer="03")
    assert store.counts() == Counts({Outcome.DELETED: 1}, {})


def test_any_order_and_repetition_ends_the_same(store: ResultStore) -> None:
    history = [
        make
        for blob in ("a", "b", "c", "d")
        for make in (
            result(blob, sequencer="01"),
            result(blob, "dog", sequencer="01", model_version=2),
            rejection(blob, sequencer="02"),
            result(blob, "fox", sequencer="03"),
        )
    ]
    history.append(deletion("d", sequencer="04"))
    deliveries = history * 3
    random.Random(7).shuffle(deliveries)
    while deliveries:
        store.write([deliveries.pop() for _ in range(min(5, len(deliveries)))])
    assert store.counts() == Counts({Outcome.CLASSIFIED: 3, Outcome.DELETED: 1}, {"fox": 3})


def test_writers_at_the_same_time_keep_counts_exact(store: ResultStore) -> None:
    results = [result(f"{n}.jpg", label=f"label {n % 3}") for n in range(60)]

    def write_all(seed: int) -> None:
        mine = results[:]
        random.Random(seed).shuffle(mine)
        for start in range(0, len(mine), 7):
            store.write(mine[start : start + 7])

    writers = [threading.Thread(target=write_all, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.counts() == Counts({Outcome.CLASSIFIED: 60}, {f"label {n}": 20 for n in range(3)})


def test_pages_neither_skip_nor_repeat_while_images_arrive(store: ResultStore) -> None:
    old = [result(f"{n}.jpg", completed_at=NOON + timedelta(microseconds=n // 2)) for n in range(25)]
    store.write(old)
    seen: list[Result] = []
    after: Position | None = None
    for arrival in itertools.count():
        page = store.page(ResultFilter(), 10, after)
        seen += page.results
        store.write([result(f"new {arrival}.jpg", completed_at=NOON + timedelta(hours=1))])
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(old, key=Position.of, reverse=True)


def test_a_full_last_page_has_no_next(store: ResultStore) -> None:
    store.write([result("a"), result("b")])
    assert store.page(ResultFilter(), 2).next is None


CAT = result("cat.jpg", "cat", score=0.9, completed_at=NOON)
DOG = result("dog.jpg", "dog", score=0.4, completed_at=NOON + timedelta(seconds=1))
OTHER = result("x.jpg", "cat", score=0.2, container="other", completed_at=NOON + timedelta(seconds=2, microseconds=1))
BAD = rejection("bad.jpg", completed_at=NOON + timedelta(seconds=3))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ResultFilter(), [BAD, OTHER, DOG, CAT]),
        (ResultFilter(container="images"), [BAD, DOG, CAT]),
        (ResultFilter(label="cat"), [OTHER, CAT]),
        (ResultFilter(min_score=0.4), [DOG, CAT]),
        (ResultFilter(outcome=Outcome.REJECTED), [BAD]),
        (ResultFilter(since=NOON + timedelta(seconds=2)), [BAD, OTHER]),
        (ResultFilter(until=NOON + timedelta(seconds=1)), [CAT]),
        (ResultFilter(since=NOON + timedelta(seconds=1), until=NOON + timedelta(seconds=2)), [DOG]),
        (ResultFilter(label="cat", min_score=0.3, container="images", outcome=Outcome.CLASSIFIED), [CAT]),
        (ResultFilter(label="it's \" a ; label -- "), []),
    ],
)
def test_filters(store: ResultStore, wanted: ResultFilter, expected: list[Result]) -> None:
    store.write([CAT, DOG, OTHER, BAD])
    assert list(store.page(wanted, 10).results) == expected


def test_it_answers(store: ResultStore) -> None:
    store.check()
    store.write([result()])
    store.check()
