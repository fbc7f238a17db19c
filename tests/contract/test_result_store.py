"""What every results store promises, on each of them."""

import itertools
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from azure.cosmos import CosmosClient

from loupe_shared.adapters.cosmos import CosmosStore, create_archive
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.agreement import TakenBack, agreed
from loupe_shared.counters import CountFilter, Kind
from loupe_shared.domain import Outcome, Reason
from loupe_shared.embedded import embeddings_of
from loupe_shared.errors import BlobReplaced
from loupe_shared.listing import Known, Order, Position, ResultFilter, Sort
from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding, Result, Review
from tests.cosmos_account import account_database
from tests.factories import NOON, deletion, rejection, result
from tests.stored import labels, outcomes, shown

NEWEST = Order()


@pytest.fixture(params=["memory", "sqlite", "cosmos", pytest.param("account", marks=pytest.mark.account)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ResultStore]:
    """An empty store of each kind."""
    match request.param:
        case "memory":
            made: ResultStore = MemoryStore()
        case "sqlite":
            made = SqliteStore(tmp_path / "results.sqlite")
        case "cosmos":
            client: CosmosClient = request.getfixturevalue("cosmos")
            database = client.create_database_if_not_exists("loupe")
            made = CosmosStore(create_archive(database, f"results-{uuid.uuid4().hex}", embedding_size=4))
        case _:
            database = account_database()
            container = create_archive(database, f"results-{uuid.uuid4().hex}")
            request.addfinalizer(lambda: database.delete_container(container))  # noqa: PT021  (only here)
            made = CosmosStore(container)
    yield made
    made.close()


def listed(store: ResultStore, wanted: ResultFilter, order: Order = NEWEST) -> list[Result]:
    """All results of a list."""
    documents, after = list[str](), None
    while True:
        page = store.page(wanted, order, 3, after)
        documents += page.documents
        if page.next is None:
            return [Result.model_validate_json(document) for document in documents]
        after = page.next


def test_an_unknown_image_has_no_result(store: ResultStore) -> None:
    assert store.find([result().image.id]) == {}
    assert store.history(result().image.id) == []


def test_a_result_comes_back_as_it_was_written(store: ResultStore) -> None:
    written = [result("a.jpg"), rejection("b.jpg"), deletion("c/ü &?#.jpg"), result("d", requested_at=NOON)]
    assert len(store.write(written)) == 4
    assert [shown(store, one) for one in written] == written
    documents = store.find([one.image.id for one in written] + [result("unknown").image.id])
    assert documents == {one.image.id: one.document() for one in written}


def test_many_images_are_found_at_once(store: ResultStore) -> None:
    written = [result(f"{n}.jpg") for n in range(1100)]
    store.write(written)
    assert set(store.find([one.image.id for one in written])) == {one.image.id for one in written}


def test_writing_again_changes_nothing(store: ResultStore) -> None:
    store.write([result()])
    later = result(label="dog", completed_at=NOON + timedelta(hours=1))
    assert store.write([later, result()]) == [result()]
    assert shown(store, result()) == result()
    assert store.history(result().image.id) == []
    assert labels(store) == {"cat": 1}


def test_a_newer_event_replaces_and_an_older_one_does_not(store: ResultStore) -> None:
    store.write([result(sequencer="0a")])
    assert len(store.write([result(sequencer="10", label="dog")])) == 1
    assert len(store.write([result(sequencer="f", label="fox")])) == 0
    assert labels(store) == {"dog": 1}


def test_a_newer_model_replaces_and_an_older_one_does_not(store: ResultStore) -> None:
    store.write([result(model_version=9)])
    assert len(store.write([result(model_version=10, label="dog")])) == 1
    assert len(store.write([result(model_version=9, label="fox")])) == 0
    assert labels(store) == {"dog": 1}


def test_an_older_model_replaces_if_somebody_asked_for_it(store: ResultStore) -> None:
    store.write([result(model_version=3)])
    assert len(store.write([result(model_version=2, label="dog", requested_at=NOON)])) == 1
    assert len(store.write([result(model_version=4, label="fox")])) == 0
    assert len(store.write([result(model_version=1, label="owl", requested_at=NOON - timedelta(hours=1))])) == 0
    assert labels(store) == {"dog": 1}
    assert len(store.write([result(sequencer="02", label="new")])) == 1


def test_a_delete_beats_a_late_create(store: ResultStore) -> None:
    store.write([deletion(sequencer="02")])
    assert len(store.write([result(sequencer="01")])) == 0
    assert outcomes(store) == {"deleted": 1}
    assert labels(store) == {}


def test_the_newest_of_one_batch_stays(store: ResultStore) -> None:
    store.write([result(sequencer="02", label="dog"), result(sequencer="01"), deletion(sequencer="03")])
    assert shown(store, result()) == deletion(sequencer="03")
    assert outcomes(store) == {"deleted": 1}


def test_what_was_answered_earlier_is_history(store: ResultStore) -> None:
    first, second = result(sequencer="01"), result(label="dog", sequencer="01", model_version=2)
    third, last = rejection(sequencer="02"), deletion(sequencer="03")
    store.write([second])
    store.write([last, third])
    store.write([first, second, result("other")])
    assert store.history(first.image.id) == [third.document(), second.document(), first.document()]


def test_any_order_and_repetition_ends_the_same(store: ResultStore) -> None:
    versions = [
        make
        for blob in ("a", "b", "c", "d")
        for make in (
            result(blob, sequencer="01"),
            result(blob, "dog", sequencer="01", model_version=2),
            rejection(blob, sequencer="02"),
            result(blob, "fox", sequencer="03"),
        )
    ]
    versions.append(deletion("d", sequencer="04"))
    deliveries = versions * 3
    random.Random(7).shuffle(deliveries)
    while deliveries:
        store.write([deliveries.pop() for _ in range(min(5, len(deliveries)))])
    assert outcomes(store) == {"classified": 3, "deleted": 1}
    assert labels(store) == {"fox": 3}
    assert store.history(versions[0].image.id) == [one.document() for one in reversed(versions[:3])]


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
    assert outcomes(store) == {"classified": 60}
    assert labels(store) == {f"label {n}": 20 for n in range(3)}


def test_counters_by_dimensions(store: ResultStore) -> None:
    tomorrow = NOON + timedelta(days=1, minutes=7)
    store.write(
        [
            result("a", score=0.999),
            result("b", score=1.0, completed_at=tomorrow),
            result("c", "dog", score=0.05, container="other", model_version=2, completed_at=tomorrow),
            rejection("d"),
            deletion("e", completed_at=tomorrow),
        ]
    )
    store.review(result("a").image.id, Review(label="cat", reviewer="r", reviewed_at=NOON))
    store.review(result("b").image.id, Review(label="dog", reviewer="r", reviewed_at=NOON))

    def count(*kinds: Kind, by: tuple[str, ...], **wanted: object) -> dict[tuple[str, ...], int]:
        return store.count(replace(CountFilter(kinds), **wanted), by)  # type: ignore[arg-type]

    first, second = "2026-11-22", "2026-11-23"
    assert count(Kind.LABEL, by=("day", "key")) == {(first, "cat"): 1, (second, "cat"): 1, (second, "dog"): 1}
    assert count(Kind.LABEL, by=("key",)) == {("cat",): 2, ("dog",): 1}
    assert count(Kind.LABEL, by=("key",), container="other") == {("dog",): 1}
    assert count(Kind.LABEL, by=("key",), keys=("cat", "none")) == {("cat",): 2}
    assert count(Kind.LABEL, by=("key",), since=date(2026, 11, 23)) == {("cat",): 1, ("dog",): 1}
    assert count(Kind.LABEL, by=("key",), until=date(2026, 11, 23)) == {("cat",): 1}
    assert count(Kind.OUTCOME, by=("model", "container")) == {
        ("test:1", "images"): 3,
        ("test:2", "other"): 1,
        ("", "images"): 1,
    }
    assert count(Kind.OUTCOME, by=("key",), model="test:1") == {("classified",): 2, ("rejected",): 1}
    assert count(Kind.REASON, by=("kind", "key")) == {("reason", "corrupt"): 1}
    assert count(Kind.SCORE, by=("key",)) == {("19",): 2, ("1",): 1}
    assert count(Kind.SLOT, by=("key",)) == {("144",): 2, ("145",): 3}
    assert count(Kind.REVIEW, by=("key",)) == {("confirmed",): 1, ("corrected",): 1}
    store.write([deletion("a"), deletion("b"), deletion("d")])
    assert count(Kind.SCORE, Kind.REASON, by=("kind", "key")) == {("score", "1"): 1}
    assert count(Kind.REVIEW, by=("key",)) == {}


def test_a_review_stays_with_the_version_that_it_is_of(store: ResultStore) -> None:
    review = Review(label="lynx", reviewer="Ada", reviewed_at=NOON)
    assert store.review(result().image.id, review) is None
    store.write([result(), result("b")])
    words = {"review": review, "reviews": (review,)}
    reviewed = result().model_copy(update=words)
    assert store.review(result().image.id, review, etag="0x1") == reviewed.document()
    assert shown(store, result()) == reviewed
    assert listed(store, ResultFilter(reviewed=True)) == [reviewed]
    store.write([result(model_version=2)])
    assert shown(store, result()) == result(model_version=2).model_copy(update=words)
    with pytest.raises(BlobReplaced):
        store.review(result().image.id, TakenBack(reviewer="Ada"), etag="0x2")
    store.write([result(sequencer="02")])
    assert shown(store, result()) == result(sequencer="02")
    assert listed(store, ResultFilter(reviewed=True)) == []


def test_a_review_can_be_taken_back(store: ResultStore) -> None:
    store.write([result()])
    store.review(result().image.id, Review(label="lynx", reviewer="Ada", reviewed_at=NOON))
    assert store.review(result().image.id, TakenBack(reviewer="Ada")) == result().document()
    assert listed(store, ResultFilter(reviewed=False)) == [result()]
    assert store.count(CountFilter((Kind.REVIEW,)), ["key"]) == {}


def word(reviewer: str, label: str, minute: int = 0) -> Review:
    """What somebody says."""
    return Review(label=label, reviewer=reviewer, reviewed_at=NOON + timedelta(minutes=minute))


def reviews(store: ResultStore) -> dict[tuple[str, ...], int]:
    """How many reviews confirmed and corrected."""
    return store.count(CountFilter((Kind.REVIEW,)), ["key"])


def test_what_reviewers_say_is_kept_settled_and_counted_once(store: ResultStore) -> None:
    id_ = result().image.id
    store.write([result(), result("b")])
    said = [word("Ada", "lynx", 1), word("Bob", "cat", 2), word("Cem", "lynx", 3)]
    labels_then, conflicts, counts = [], [], []
    for one in said:
        now_shown = Result.model_validate_json(store.review(id_, one) or "")
        labels_then.append(now_shown.review.label if now_shown.review else None)
        conflicts.append(now_shown.conflict)
        counts.append(reviews(store))
        assert [it.image.blob for it in listed(store, ResultFilter(conflict=True))] == ["a.jpg"] * now_shown.conflict
    assert labels_then == ["lynx", "cat", "lynx"]
    assert conflicts == [False, True, False]
    assert counts == [{("corrected",): 1}, {("confirmed",): 1}, {("corrected",): 1}]
    shown_now = shown(store, result())
    assert shown_now
    assert (shown_now.reviews, shown_now.review) == (tuple(said), said[2])
    store.review(id_, word("Ada", "cat", 4))
    store.review(id_, TakenBack(reviewer="Bob"))
    settled = shown(store, result())
    assert settled
    assert (settled.conflict, settled.review) == (True, word("Ada", "cat", 4))
    assert store.review(id_, TakenBack(reviewer="Dora")) == settled.document()
    store.write([result(model_version=2), result(model_version=3)])
    assert shown(store, result()) == result(model_version=3).model_copy(
        update={"review": settled.review, "reviews": settled.reviews}
    )
    assert reviews(store) == {("confirmed",): 1}
    store.write([result(sequencer="02")])
    assert reviews(store) == {}
    assert listed(store, ResultFilter(conflict=True)) == []


def test_reviewers_at_the_same_time_lose_no_word(store: ResultStore) -> None:
    store.write([result()])

    def say(number: int) -> None:
        for label in ("lynx", "cat", "lynx"):
            store.review(result().image.id, word(f"reviewer {number}", label, number))

    reviewers = [threading.Thread(target=say, args=(number,)) for number in range(4)]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    last = shown(store, result())
    assert last
    assert {one.reviewer: one.label for one in last.reviews} == {f"reviewer {number}": "lynx" for number in range(4)}
    assert reviews(store) == {("corrected",): 1}


def test_a_result_that_has_only_one_review_is_of_an_earlier_version(store: ResultStore) -> None:
    before = result().model_copy(update={"review": word("Ada", "lynx")})
    store.write([before])
    assert shown(store, result()) == before
    assert listed(store, ResultFilter(conflict=True)) == []
    assert listed(store, ResultFilter(conflict=False, reviewed=True)) == [before]
    store.review(result().image.id, word("Bob", "cat", 1))
    after = shown(store, result())
    assert after
    assert (after.conflict, after.reviews) == (True, (word("Ada", "lynx"), word("Bob", "cat", 1)))
    assert store.review(result().image.id, TakenBack(reviewer="Bob")) == agreed(before, word("Ada", "lynx")).document()


def embedded(one: Result, *values: int) -> Result:
    """The result with an embedding."""
    return one.model_copy(update={"embedding": Embedding(values=bytes(values), scale=0.5)})


def test_an_embedding_comes_back_as_it_was_written_and_is_that_of_the_result_that_is_shown(store: ResultStore) -> None:
    first, other = embedded(result(), 1, 2, 255, 128), embedded(result("other", model_version=3), 0, 0, 0, 1)
    ids = [first.image.id, other.image.id, result("without").image.id, result("never").image.id]
    assert store.embeddings(ids) == store.embeddings([]) == {}
    store.write([first, other, result("without")])
    assert store.embeddings(ids) == {ids[0]: ("test:1", first.embedding), ids[1]: ("test:3", other.embedding)}
    store.review(ids[0], word("Ada", "lynx"))
    newer = embedded(result(sequencer="02", model_version=2), 9, 9, 9, 9)
    store.write([newer, embedded(result(model_version=9), 5, 5, 5, 5)])
    assert store.embeddings(ids[:1]) == {ids[0]: ("test:2", newer.embedding)}
    store.write([deletion(sequencer="03")])
    assert store.embeddings(ids[:1]) == {}


def test_models_that_give_the_same_embeddings_share_a_space(store: ResultStore) -> None:
    one = embedded(result(model_version=2), 1, 0, 0, 0)
    shared = one.model_copy(update={"model": one.model and one.model.model_copy(update={"space": "test:1"})})
    store.write([shared])
    assert store.embeddings([one.image.id]) == {one.image.id: ("test:1", one.embedding)}
    assert shown(store, one) == shared.model_copy(update={"embedding": None})


def test_many_embeddings_at_once(store: ResultStore) -> None:
    images = [embedded(result(f"{n}.jpg", model_version=n % 2 + 1), 1, 2, 3, n % 100) for n in range(1200)]
    store.write(images)
    found = store.embeddings([image.image.id for image in images])
    assert found == {image.image.id: (str(image.model), image.embedding) for image in images}


def test_an_embedding_goes_with_the_answer_that_was_read_or_not_at_all(store: ResultStore) -> None:
    images = [embedded(result(f"{n}.jpg"), n, 0, 0, 1) for n in range(4)]
    store.write([*images, result("without")])
    ids = [one.image.id for one in images]
    documents = store.find([*ids, result("without").image.id])
    store.review(ids[1], word("Ada", "lynx"))
    store.write([embedded(result("2.jpg", sequencer="02"), 7, 7, 7, 7), deletion("3.jpg")])
    assert embeddings_of(store, documents) == {id_: ("test:1", images[n].embedding) for n, id_ in enumerate(ids[:2])}


def test_results_with_and_without_embeddings_in_turn(store: ResultStore) -> None:
    embedded = {"embedding": Embedding(values=bytes([1, 2, 255, 0]), scale=0.5)}
    with_one = result().model_copy(update=embedded)
    for number, one in enumerate([with_one, deletion(), with_one, with_one, result()]):
        image = one.image.model_copy(update={"sequencer": f"{number:02d}"})
        beside = result(f"{number}").model_copy(update=embedded)
        assert len(store.write([one.model_copy(update={"image": image}), beside])) == 2
    last = shown(store, result())
    assert last
    assert (last.image.sequencer, last.embedding) == ("04", None)


def test_pages_neither_skip_nor_repeat_while_images_arrive(store: ResultStore) -> None:
    old = [result(f"{n}.jpg", completed_at=NOON + timedelta(microseconds=n // 2)) for n in range(25)]
    store.write(old)
    seen: list[str] = []
    after: Position | None = None
    for arrival in itertools.count():
        page = store.page(ResultFilter(), NEWEST, 10, after)
        seen += page.documents
        store.write([result(f"new {arrival}.jpg", completed_at=NOON + timedelta(hours=1))])
        if page.next is None:
            break
        after = page.next
    assert seen == [one.document() for one in sorted(old, key=Position.of, reverse=True)]


def test_a_full_last_page_has_no_next(store: ResultStore) -> None:
    store.write([result("a"), result("b")])
    assert store.page(ResultFilter(), NEWEST, 2).next is None


CAT = result("line 1/cat.jpg", "cat", score=0.9, completed_at=NOON)
DOG = result("line 1/dog.jpg", "dog", score=0.4, model_version=2, completed_at=NOON + timedelta(seconds=1))
OTHER = result("x.jpg", "cat", score=0.2, container="other", completed_at=NOON + timedelta(seconds=2, microseconds=1))
BAD = rejection("line 1/bad.jpg", completed_at=NOON + timedelta(seconds=3))
GONE = deletion("line 10/gone.jpg", completed_at=NOON + timedelta(seconds=4))
SURE = result("line 1\U0010ffff.jpg", "cat", score=0.9, completed_at=NOON + timedelta(seconds=5))
EVERYTHING = [SURE, GONE, BAD, OTHER, DOG, CAT]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ResultFilter(), EVERYTHING),
        (ResultFilter(container="images"), [SURE, GONE, BAD, DOG, CAT]),
        (ResultFilter(container="images", prefix="line 1/"), [BAD, DOG, CAT]),
        (ResultFilter(prefix="line 1"), [SURE, GONE, BAD, DOG, CAT]),
        (ResultFilter(prefix="line 1\U0010ffff"), [SURE]),
        (ResultFilter(prefix="%"), []),
        (ResultFilter(prefix=""), EVERYTHING),
        (ResultFilter(label="cat"), [SURE, OTHER, CAT]),
        (ResultFilter(min_score=0.4), [SURE, DOG, CAT]),
        (ResultFilter(max_score=0.4), [OTHER, DOG]),
        (ResultFilter(min_score=0.3, max_score=0.5), [DOG]),
        (ResultFilter(min_uncertainty=0.7), [OTHER, DOG]),
        (ResultFilter(max_uncertainty=0.5), [SURE, CAT]),
        (ResultFilter(model="test:1"), [SURE, BAD, OTHER, CAT]),
        (ResultFilter(model="test:2"), [DOG]),
        (ResultFilter(outcome=Outcome.REJECTED), [BAD]),
        (ResultFilter(reason=Reason.CORRUPT), [BAD]),
        (ResultFilter(reason=Reason.EMPTY), []),
        (ResultFilter(reviewed=True), []),
        (ResultFilter(reviewed=False, label="cat"), [SURE, OTHER, CAT]),
        (ResultFilter(conflict=True), []),
        (ResultFilter(conflict=False, label="cat"), [SURE, OTHER, CAT]),
        (ResultFilter(since=NOON + timedelta(seconds=2)), [SURE, GONE, BAD, OTHER]),
        (ResultFilter(until=NOON + timedelta(seconds=1)), [CAT]),
        (ResultFilter(since=NOON + timedelta(seconds=1), until=NOON + timedelta(seconds=2)), [DOG]),
        (ResultFilter(label="cat", min_score=0.3, container="images", outcome=Outcome.CLASSIFIED), [SURE, CAT]),
        (ResultFilter(label="it's \" a ; label -- "), []),
    ],
)
def test_filters(store: ResultStore, wanted: ResultFilter, expected: list[Result]) -> None:
    store.write(EVERYTHING)
    assert listed(store, wanted) == expected
    assert [one for one in EVERYTHING if wanted.matches(one)] == expected
    for sort in Sort:
        for ascending in (False, True):
            having = [one for one in expected if sort is Sort.TIME or one.score is not None]
            in_order = sorted(having, key=lambda one: Position.of(one, sort), reverse=not ascending)
            assert listed(store, wanted, Order(sort, ascending)) == in_order


def known(store: ResultStore, prefix: str = "", limit: int = 2) -> list[Known]:
    """All images that the store knows, in pages."""
    found = list[Known]()
    while page := store.known("images", prefix, found[-1].blob if found else "", limit):
        found += page
    return found


NAMES = ["A", "a", "a b", "a!", "a/b", "a/ü &?#%41", "a/\u3042", "b", "é", "it's \" a ; name --"]


def test_what_is_known_comes_in_the_order_of_names(store: ResultStore) -> None:
    assert known(store) == []
    store.write([result(name) for name in reversed(NAMES)])
    store.write([result("elsewhere", container="other"), result("a", container="other")])
    assert known(store) == [Known(name, "0x1", deleted=False) for name in sorted(NAMES)]
    assert [one.blob for one in known(store, limit=100)] == sorted(NAMES)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("a", [name for name in sorted(NAMES) if name.startswith("a")]), ("a/", NAMES[4:7]), ("A", ["A"]), ("%", [])],
)
def test_what_is_known_with_a_prefix(store: ResultStore, prefix: str, expected: list[str]) -> None:
    store.write([result(name) for name in NAMES])
    assert [one.blob for one in known(store, prefix)] == sorted(expected)
    assert store.known("images", prefix, "zz", 10) == []


def test_what_is_known_is_the_version_that_is_shown(store: ResultStore) -> None:
    store.write([result("a"), result("b"), deletion("b"), rejection("c")])
    replaced = result("a", sequencer="02")
    store.write([replaced.model_copy(update={"image": replaced.image.model_copy(update={"etag": "0x2"})})])
    assert known(store) == [
        Known("a", "0x2", deleted=False),
        Known("b", "", deleted=True),
        Known("c", "0x1", deleted=False),
    ]


def test_names_that_stores_may_order_differently_are_all_known(store: ResultStore) -> None:
    names = ["\uff41", "\U0001f600", "\U00010000", "\ud7ff", "\ue000", "z"]
    store.write([result(name) for name in names])
    assert sorted(one.blob for one in known(store)) == sorted(names)


def test_it_answers(store: ResultStore) -> None:
    store.check()
    store.write([result()])
    store.check()
