"""What only the archive in Cosmos DB promises: its layout, and that what belongs together changes together."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient
from pydantic import SecretStr

from loupe_shared.adapters.cosmos import CosmosStore, create_archive, open_cosmos
from loupe_shared.adapters.cosmos_documents import (
    Document,
    embedding_id,
    layout_document,
)
from loupe_shared.agreement import agreed
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.listing import Order, ResultFilter
from loupe_shared.result import Embedding, Result, Review
from loupe_shared.settings import StoreSettings
from tests.factories import NOON, deletion, result
from tests.stored import outcomes, shown

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


def all_of(container: ContainerProxy, kind: str) -> list[Document]:
    """All documents of a kind."""
    query = "SELECT * FROM c WHERE c.kind = @kind"
    parameters: list[dict[str, Any]] = [{"name": "@kind", "value": kind}]
    return list(container.query_items(query, parameters=parameters, enable_cross_partition_query=True))


def embedded(one: Result, *values: int) -> Result:
    """The same result with an embedding."""
    return one.model_copy(update={"embedding": Embedding(values=bytes(values), scale=0.5)})


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


def test_the_first_answer_of_a_revision_stays_in_history(store: CosmosStore) -> None:
    """It has the review, which what is delivered again has not."""
    store.write([result()])
    store.review(result().image.id, REVIEW)
    store.write([result(sequencer="02")])
    store.write([result()])
    assert store.history(result().image.id) == [agreed(result(), REVIEW).document()]


def test_an_embedding_is_always_of_the_result_that_is_shown(store: CosmosStore, container: ContainerProxy) -> None:
    id_ = result().image.id
    other = embedded(result("other"), 0, 0, 0, 1)
    ids = [id_, other.image.id, result("never").image.id]
    assert store.embeddings(ids) == store.embeddings([]) == {}
    first = embedded(result(), 1, 2, 255, 128)
    store.write([first, other])
    assert store.embeddings(ids) == {id_: ("test:1", first.embedding), ids[1]: ("test:1", other.embedding)}
    store.review(id_, REVIEW)
    assert store.embeddings([id_]) == {id_: ("test:1", first.embedding)}
    second = embedded(result(sequencer="02", model_version=2), 9, 9, 9, 9)
    store.write([second])
    assert store.embeddings([id_]) == {id_: ("test:2", second.embedding)}
    store.write([first, embedded(result(sequencer="01", model_version=9), 5, 5, 5, 5)])
    assert store.embeddings([id_]) == {id_: ("test:2", second.embedding)}
    store.write([deletion(sequencer="03")])
    assert store.embeddings([id_]) == {}
    assert [document["id"] for document in all_of(container, "embedding")] == [embedding_id(other.image.id)]


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
