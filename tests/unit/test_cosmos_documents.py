"""How the archive lies in Cosmos DB: what is written, and what is indexed."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from loupe_shared.adapters.cosmos_counts import changes, counters_of, counts_document
from loupe_shared.adapters.cosmos_documents import (
    DEFAULT_BUCKETS,
    bucket_of,
    container_arguments,
    day_of,
    embedding_document,
    embedding_id,
    embedding_of,
    history_document,
    history_id,
    image_of_embedding,
    result_document,
    result_of,
)
from loupe_shared.adapters.cosmos_queries import (
    counts_query,
    documents_query,
    history_query,
    nearest_query,
    page_query,
    scattered_query,
)
from loupe_shared.counters import Key, keys_of
from loupe_shared.domain import Outcome, Reason
from loupe_shared.listing import Order, Position, ResultFilter, Sort
from loupe_shared.result import Embedding, Review
from loupe_shared.succession import Succession
from tests.factories import NOON, deletion, rejection, result

EMBEDDING = Embedding(values=bytes([0, 1, 127, 128, 255]), scale=0.25)
EVERYTHING = ResultFilter(
    container="images",
    prefix="line 1/",
    label="cat",
    min_score=0.1,
    max_score=0.9,
    min_uncertainty=0.1,
    max_uncertainty=0.9,
    model="test:1",
    outcome=Outcome.CLASSIFIED,
    reason=Reason.CORRUPT,
    reviewed=True,
    conflict=True,
    since=NOON,
    until=NOON,
)
REVIEW = Review(label="dog", reviewer="Ada", reviewed_at=NOON)


def page_texts() -> Iterator[str]:
    """Queries for pages in every order, by all and by nothing."""
    for wanted in (ResultFilter(), EVERYTHING):
        for sort in Sort:
            for ascending in (False, True):
                yield page_query(wanted, Order(sort, ascending), 10, Position(0.5, "0" * 32)).text


def texts() -> Iterator[str]:
    """All queries."""
    yield from page_texts()
    yield documents_query(["a"]).text
    yield scattered_query(["a"], ["0001"]).text
    yield history_query("a").text
    yield counts_query(0).text
    yield nearest_query("test:1", EMBEDDING, 10).text


def test_exactly_what_queries_name_is_indexed() -> None:
    named = {path.replace(".", "/") for text in texts() for path in re.findall(r"\bc\.([a-z_.]+)", text)}
    policy = container_arguments(5)["indexing_policy"]
    included = {entry["path"].removeprefix("/").removesuffix("/?") for entry in policy["includedPaths"]}
    # These are indexed always, and the vector by an index of its own.
    assert included == named - {"id", "_ts", "vector"}
    assert policy["excludedPaths"] == [{"path": "/*"}, {"path": "/vector/*"}]
    assert policy["vectorIndexes"] == [{"path": "/vector", "type": "diskANN"}]


def test_every_order_of_pages_has_its_index() -> None:
    indexes = container_arguments(None)["indexing_policy"]["compositeIndexes"]
    served = {tuple((entry["path"], entry["order"]) for entry in index) for index in indexes}
    opposite = {"ascending": "descending", "descending": "ascending"}
    served |= {tuple((path, opposite[order]) for path, order in index) for index in served}
    asked = set()
    for text in page_texts():
        columns = [column.split() for column in text.split("ORDER BY ")[1].split(", ")]
        asked.add(tuple((f"/{name[2:]}", f"{direction.lower()}ending") for name, direction in columns))
    assert asked == served


def test_a_container_for_embeddings_says_how_long_they_are() -> None:
    vector = {"path": "/vector", "dataType": "int8", "distanceFunction": "cosine", "dimensions": 1280}
    assert container_arguments(1280)["vector_embedding_policy"] == {"vectorEmbeddings": [vector]}
    plain = container_arguments(None)
    assert "vector_embedding_policy" not in plain
    assert "vectorIndexes" not in plain["indexing_policy"]
    assert plain["default_ttl"] == -1


def test_buckets_are_the_same_for_ever_and_evenly_filled() -> None:
    assert [bucket_of(result(name).image.id, DEFAULT_BUCKETS) for name in ("a", "b", "c")] == ["0002", "0010", "0007"]
    filled = Counter(bucket_of(result(f"{number}").image.id, DEFAULT_BUCKETS) for number in range(3200))
    assert len(filled) == DEFAULT_BUCKETS
    assert max(filled.values()) < 150


def test_a_result_comes_back_as_it_was() -> None:
    reviewed = result().model_copy(update={"review": REVIEW})
    for one in (result(), rejection(), deletion(), reviewed):
        document = result_document("0001", one, embedded=False)
        assert result_of(document) == one
        assert None not in document.values()
    embedded = result().model_copy(update={"embedding": EMBEDDING})
    assert result_of(result_document("0001", embedded, embedded=True)) == result()


def test_what_a_result_is_found_by() -> None:
    document = result_document("0001", result(score=0.5), embedded=True)
    names = (
        "id",
        "bucket",
        "kind",
        "completed_us",
        "model_id",
        "reviewed",
        "embedded",
        "label",
        "score",
        "uncertainty",
    )
    found = {name: document[name] for name in names}
    assert found == {
        "id": result().image.id,
        "bucket": "0001",
        "kind": "result",
        "completed_us": 1795348800000000,
        "model_id": "test:1",
        "reviewed": False,
        "embedded": True,
        "label": "cat",
        "score": 0.5,
        "uncertainty": 0.6,
    }
    assert "model_id" not in result_document("0001", deletion(), embedded=False)
    assert result_document("0001", result().model_copy(update={"review": REVIEW}), embedded=False)["reviewed"]


def test_a_result_is_counted_on_the_day_that_its_document_says() -> None:
    for one in (result(), result(completed_at=NOON + timedelta(days=40, hours=11, minutes=59, microseconds=1))):
        assert {key.day for key in keys_of(one)} == {day_of(result_document("0001", one, embedded=False))}


def test_history_is_not_found_by_what_results_are_found_by() -> None:
    document = history_document("0001", result(), None)
    assert set(document) == {"id", "bucket", "kind", "result"}
    assert result_of(document) == result()
    assert history_document("0001", result(), 86_400) == document | {"ttl": 86_400}


def test_a_revision_has_one_id_in_history() -> None:
    revisions = [result(), result(sequencer="02"), result(model_version=2), result(requested_at=NOON), rejection()]
    ids = [history_id(one) for one in revisions]
    assert len(set(ids)) == 4  # the rejection is of the first revision, too
    assert ids[0] == ids[4] == f"{result().image.id}-a9c8100439eb9df794148742"
    assert all(id_.startswith(f"{result().image.id}-") for id_ in ids)


def test_an_embedding_comes_back_as_it_was() -> None:
    id_ = result().image.id
    document = embedding_document("0001", id_, "test:1", EMBEDDING)
    assert document["vector"] == [0, 1, 127, -128, -1]
    assert embedding_of(document) == ("test:1", EMBEDDING)
    assert image_of_embedding(embedding_id(id_)) == id_


def test_counts_change_by_what_comes_and_what_goes() -> None:
    known, newer = result("a"), result("a", "dog", sequencer="02", completed_at=NOON + timedelta(days=1))
    other = deletion("b")
    added = changes([Succession(known, None, ()), Succession(other, None, ()), Succession(None, None, (known,))])
    assert set(added) == {"2026-11-22"}
    before = counts_document("0001", "2026-11-22", None, added["2026-11-22"])
    assert before["id"] == "counts-2026-11-22"
    assert dict(counters_of(before)) == Counter(keys_of(known) + keys_of(other))
    later = changes([Succession(newer, known, (known,))])
    assert set(later) == {"2026-11-22", "2026-11-23"}
    after = counts_document("0001", "2026-11-22", before, later["2026-11-22"])
    assert dict(counters_of(after)) == Counter(keys_of(other))
    assert dict(counters_of(before)) == Counter(keys_of(known) + keys_of(other))  # others may still suppose it
    assert Key("2026-11-22", "images", "", "outcome", "deleted") in dict(counters_of(after))


def test_what_takes_the_place_of_its_like_changes_no_counts() -> None:
    assert changes([Succession(result(requested_at=NOON), result(), (result(),))]) == {}
