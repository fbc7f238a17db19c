"""What Cosmos DB is asked. The emulator has no vectors, so of searching them this is all that is tested."""

from datetime import timedelta

from loupe_shared.adapters.cosmos_queries import (
    counts_query,
    documents_query,
    history_query,
    known_query,
    nearest_query,
    page_query,
    scattered_query,
)
from loupe_shared.domain import Outcome
from loupe_shared.listing import Order, Position, ResultFilter, Sort
from loupe_shared.result import Embedding
from tests.factories import NOON

ID = "0" * 32


def test_the_first_page_of_everything() -> None:
    text, parameters = page_query(ResultFilter(), Order(), 50, None)
    assert text == ("SELECT TOP 51 * FROM c WHERE c.kind = 'result' ORDER BY c.completed_us DESC, c.id DESC")
    assert parameters == []


def test_a_later_page() -> None:
    text, parameters = page_query(ResultFilter(), Order(Sort.SCORE, ascending=True), 50, Position(0.5, ID))
    assert text == (
        "SELECT TOP 51 * FROM c WHERE c.kind = 'result' AND IS_DEFINED(c.score)"
        " AND (c.score > @value OR (c.score = @value AND c.id > @id)) ORDER BY c.score ASC, c.id ASC"
    )
    assert parameters == [{"name": "@value", "value": 0.5}, {"name": "@id", "value": ID}]


def test_a_label_is_part_of_the_order_so_that_its_index_applies() -> None:
    wanted = ResultFilter(label="it's a cat", prefix="line 1/", outcome=Outcome.CLASSIFIED)
    text, parameters = page_query(wanted, Order(Sort.UNCERTAINTY), 10, None)
    assert text == (
        "SELECT TOP 11 * FROM c WHERE c.kind = 'result' AND STARTSWITH(c.image.blob, @prefix) AND c.label = @label"
        " AND c.outcome = @outcome AND IS_DEFINED(c.uncertainty)"
        " ORDER BY c.label DESC, c.uncertainty DESC, c.id DESC"
    )
    assert parameters == [
        {"name": "@prefix", "value": "line 1/"},
        {"name": "@label", "value": "it's a cat"},
        {"name": "@outcome", "value": "classified"},
    ]


def test_times_are_numbers() -> None:
    wanted = ResultFilter(since=NOON, until=NOON + timedelta(microseconds=1))
    text, parameters = page_query(wanted, Order(), 10, None)
    assert "c.completed_us >= @since AND c.completed_us < @until" in text
    assert [parameter["value"] for parameter in parameters] == [1795348800000000, 1795348800000001]


def test_names_in_order() -> None:
    text, parameters = known_query("images", "", "b.jpg", 5000)
    assert text == (
        "SELECT TOP 5000 c.image.blob, c.image.etag, c.outcome FROM c WHERE c.kind = 'result'"
        " AND c.image.container = @container AND c.image.blob > @after ORDER BY c.image.blob ASC"
    )
    assert parameters == [{"name": "@container", "value": "images"}, {"name": "@after", "value": "b.jpg"}]


def test_names_in_order_with_a_prefix() -> None:
    text, parameters = known_query("images", "it's/", "", 1)
    assert "c.image.blob > @after AND STARTSWITH(c.image.blob, @prefix) ORDER BY" in text
    assert parameters[-1] == {"name": "@prefix", "value": "it's/"}


def test_documents_by_their_ids() -> None:
    text, parameters = documents_query(["a", "b"])
    assert text == "SELECT * FROM c WHERE c.id IN (@id0, @id1)"
    assert parameters == [{"name": "@id0", "value": "a"}, {"name": "@id1", "value": "b"}]
    text, parameters = scattered_query(["a"], ["0001", "0002"])
    assert text == "SELECT * FROM c WHERE c.bucket IN (@bucket0, @bucket1) AND c.id IN (@id0)"
    assert [parameter["value"] for parameter in parameters] == ["0001", "0002", "a"]


def test_the_history_of_an_image() -> None:
    text, parameters = history_query(ID)
    assert text == "SELECT * FROM c WHERE STARTSWITH(c.id, @image) AND c.kind = 'history'"
    assert parameters == [{"name": "@image", "value": ID}]


def test_counts_that_have_changed() -> None:
    text, parameters = counts_query(1_795_348_800)
    assert text == "SELECT * FROM c WHERE c.kind = 'counts' AND c._ts >= @since"
    assert parameters == [{"name": "@since", "value": 1_795_348_800}]


def test_the_nearest_embeddings_of_the_same_model() -> None:
    text, parameters = nearest_query("test:1", Embedding(values=bytes([1, 255]), scale=0.5), 20)
    assert text == (
        "SELECT TOP 20 c.id, VectorDistance(c.vector, @vector) AS similarity FROM c"
        " WHERE c.kind = 'embedding' AND c.space = @space ORDER BY VectorDistance(c.vector, @vector)"
    )
    assert parameters == [{"name": "@vector", "value": [1, -1]}, {"name": "@space", "value": "test:1"}]
