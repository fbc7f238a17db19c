"""What is written at once to Cosmos DB, and how much of it fits."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loupe_shared.adapters.cosmos_batches import MAX_BYTES, MAX_OPERATIONS, Batch, make_batch, make_review
from loupe_shared.adapters.cosmos_counts import counters_of
from loupe_shared.adapters.cosmos_documents import Document, counts_id, embedding_id, history_id, result_document
from loupe_shared.counters import keys_of
from loupe_shared.errors import PermanentError
from loupe_shared.result import Embedding, Result, Review
from tests.factories import NOON, rejection, result

BUCKET = "0001"
DAY = "2026-11-22"
EMBEDDING = Embedding(values=bytes(range(256)) * 5, scale=0.5)
NOTHING: dict[str, Document] = {}


def large(blob: str, length: int, *, sequencer: str = "01") -> Result:
    """A result that takes a lot of room."""
    return rejection(blob, sequencer=sequencer).model_copy(update={"detail": "ü" * (length // 2)})


def embedded(blob: str, *, sequencer: str = "01") -> Result:
    """A result with an embedding."""
    return result(blob, sequencer=sequencer).model_copy(update={"embedding": EMBEDDING})


def documents(*results: Result) -> dict[str, Document]:
    """Results as they have been read."""
    made = [result_document(BUCKET, one, embedded=one.embedding is not None) for one in results]
    return {document["id"]: document | {"_etag": f'"{number}"'} for number, document in enumerate(made)}


def batches(arrived: list[list[Result]], known: dict[str, Document] = NOTHING) -> list[Batch]:
    """All batches, supposing that none changes what the next one knows."""
    made = []
    while arrived:
        made.append(make_batch(BUCKET, arrived, known, None))
        arrived = made[-1].rest
    return made


def body(batch: Batch) -> str:
    """A batch as the SDK sends it, with what it says around each document."""
    operations: list[dict[str, Any]] = []
    for verb, arguments, options in batch.operations:
        operation = {"operationType": verb.title(), "ifMatch": options.get("if_match_etag"), "partitionKey": [BUCKET]}
        operations.append(operation | {"id": arguments[0] if len(arguments) > 1 else "", "resourceBody": arguments[-1]})
    return json.dumps(operations, separators=(",", ":"), ensure_ascii=False)


def written(batch: Batch) -> list[tuple[str, str]]:
    """Verb and id of each operation."""
    return [
        (verb, arguments[0] if verb in ("replace", "delete") else arguments[0]["id"])
        for verb, arguments, _ in batch.operations
    ]


def test_a_new_result_is_created_and_counted() -> None:
    batch = make_batch(BUCKET, [[result()]], NOTHING, None)
    assert written(batch) == [("create", counts_id(DAY)), ("create", result().image.id)]
    assert batch.shown == [result()]
    assert dict(counters_of(batch.counts[0])) == Counter(keys_of(result()))


def test_what_is_replaced_goes_into_history_and_is_not_counted_any_more() -> None:
    known = documents(result()) | {counts_id(DAY): {"id": counts_id(DAY), "day": DAY, "counts": {}, "_etag": '"c"'}}
    newer = result(label="dog", sequencer="02")
    batch = make_batch(BUCKET, [[newer]], known, 60)
    id_ = result().image.id
    assert written(batch) == [("replace", counts_id(DAY)), ("replace", id_), ("upsert", history_id(result()))]
    assert [options for _, _, options in batch.operations] == [{"if_match_etag": '"c"'}, {"if_match_etag": '"0"'}, {}]
    assert batch.operations[2].arguments[0]["ttl"] == 60


def test_what_is_older_goes_into_history_once() -> None:
    newest, older = result(sequencer="03"), result(sequencer="02")
    known = documents(newest)
    batch = make_batch(BUCKET, [[newest, older]], known, None)
    assert written(batch) == [("upsert", history_id(older))]
    assert (batch.shown, batch.counts) == ([newest], [])
    again = make_batch(BUCKET, [[newest, older]], known | {history_id(older): {"id": history_id(older)}}, None)
    assert again.operations == []
    assert again.taken == [[newest, older]]


def test_an_embedding_comes_and_goes_with_its_result() -> None:
    id_ = result().image.id
    first = make_batch(BUCKET, [[embedded("a.jpg")]], NOTHING, None)
    assert written(first)[1:] == [("create", id_), ("upsert", embedding_id(id_))]
    without = make_batch(BUCKET, [[result(sequencer="02")]], documents(embedded("a.jpg")), None)
    assert ("delete", embedding_id(id_)) in written(without)
    never = make_batch(BUCKET, [[result(sequencer="02")]], documents(result()), None)
    assert embedding_id(id_) not in dict(written(never)).values()


def test_a_review_leaves_history_and_embedding_as_they_are() -> None:
    before = result()
    after = before.model_copy(update={"review": Review(label="dog", reviewer="Ada", reviewed_at=NOON)})
    known = documents(embedded("a.jpg"))
    batch = make_review(BUCKET, before, after, known)
    assert written(batch) == [("create", counts_id(DAY)), ("replace", before.image.id)]
    assert batch.operations[1].arguments[1]["embedded"]
    assert {key.kind for key, _ in counters_of(batch.counts[0])} == {"review"}
    assert make_review(BUCKET, after, after, known).operations == []


def test_a_batch_is_full_with_a_hundred_operations() -> None:
    plain = [[result(f"{number}")] for number in range(150)]
    assert [len(batch.operations) for batch in batches(plain)] == [100, 52]
    with_embeddings = [[embedded(f"{number}")] for number in range(60)]
    assert [len(batch.operations) for batch in batches(with_embeddings)] == [99, 23]


def test_many_results_of_one_image_are_written_in_several_batches() -> None:
    """A camera that writes the same blob again and again."""
    arrived = [[result(sequencer=f"{number:03}") for number in range(250, 0, -1)], [result("other")]]
    made = batches(arrived)
    taken = [results for batch in made for results in batch.taken]
    assert [one for results in taken[:-1] for one in results] == arrived[0]
    assert taken[-1] == arrived[1]
    assert all(len(set(written(batch))) == len(batch.operations) <= MAX_OPERATIONS for batch in made)


def test_a_result_that_is_too_large_is_refused_for_good() -> None:
    with pytest.raises(PermanentError, match=r"huge\.jpg is too large"):
        make_batch(BUCKET, [[large("huge.jpg", MAX_BYTES)]], NOTHING, None)
    fits, too_large = large("a.jpg", 1000), large("huge.jpg", MAX_BYTES, sequencer="02")
    first = make_batch(BUCKET, [[fits], [too_large]], NOTHING, None)
    assert (first.taken, first.rest) == ([[fits]], [[too_large]])


images = st.lists(
    st.tuples(
        st.integers(1, 6),  # results
        st.booleans(),  # whether an older one is there
        st.booleans(),  # with embeddings
        st.sampled_from([10, 100, 20_000, 150_000]),  # bytes
    ),
    max_size=150,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(images)
def test_everything_is_in_some_batch_and_no_batch_is_too_large(drawn: list[tuple[int, bool, bool, int]]) -> None:
    arrived, there = [], []
    for number, (count, known, with_embedding, size) in enumerate(drawn):
        make = (lambda blob, sequencer: embedded(blob, sequencer=sequencer)) if with_embedding else None
        sequencers = [f"{n:02}" for n in range(count, 0, -1)]
        blob = f"{number}.jpg"
        arrived.append([make(blob, s) if make else large(blob, size, sequencer=s) for s in sequencers])
        if known:
            there.append(embedded(blob, sequencer="00"))
    made = batches(arrived, documents(*there))
    for batch in made:
        ids = [id_ for _, id_ in written(batch)]
        assert len(batch.operations) <= MAX_OPERATIONS
        assert len(body(batch).encode()) <= MAX_BYTES
        assert len(set(ids)) == len(ids)
        for one in batch.shown:
            assert (embedding_id(one.image.id) in ids) == (
                one.embedding is not None or one.image.id in documents(*there)
            )
    assert [one for batch in made for results in batch.taken for one in results] == [
        one for results in arrived for one in results
    ]
