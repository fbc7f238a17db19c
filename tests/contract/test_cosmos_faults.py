"""The archive in Cosmos DB while the service and the network fail as they do, below everything that is Loupe's."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient

from loupe_shared.adapters import cosmos as cosmos_store
from loupe_shared.adapters import cosmos_container
from loupe_shared.adapters.cosmos import CosmosStore, create_archive
from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_documents import embedding_of, image_of_embedding, layout_document
from loupe_shared.adapters.cosmos_requests import Conflict, Unanswered
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.listing import Order, ResultFilter
from tests.cosmos_faults import FAULTS, FaultyTransport, once, some, through
from tests.exactness import check, deliver, make_results
from tests.factories import result
from tests.stored import labels, shown

EMBEDDING_SIZE = 8


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container with few buckets, so that many write to the same."""
    database = cosmos.create_database_if_not_exists("loupe")
    made = create_archive(database, f"results-{uuid.uuid4().hex}", EMBEDDING_SIZE)
    made.create_item(layout_document() | {"buckets": 8})
    return made


@pytest.mark.timeout(300)
def test_exact_whatever_fails(container: ContainerProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosmos_store, "WRITE_PATIENCE_S", 2.0)  # so that stores give up, too
    transports = [FaultyTransport(), FaultyTransport()]
    stores = [CosmosStore(through(transport, container)) for transport in transports]
    results = make_results(10_000)
    happened: Counter[str] = Counter()
    for seed, transport in enumerate(transports):
        transport.plan = some(0.2, seed, happened)
    refused = deliver(results, stores)
    assert refused
    assert happened.keys() == FAULTS.keys()

    current = check(CosmosStore(container), results)
    query = "SELECT * FROM c WHERE c.kind = 'embedding'"
    found = container.query_items(query, enable_cross_partition_query=True)
    embeddings = {image_of_embedding(document["id"]): embedding_of(document) for document in found}
    assert embeddings == {id_: (str(one.model), one.embedding) for id_, one in current.items() if one.embedding}


@pytest.mark.parametrize("name", FAULTS)
def test_the_sdk_makes_no_attempts_of_its_own(container: ContainerProxy, name: str) -> None:
    transport = FaultyTransport()
    archive = CosmosArchive(through(transport, container), Governor())
    batch: list[Any] = [("upsert", ({"id": "a", "bucket": "0001"},), {})]
    kinds: list[Callable[[], object]] = [
        lambda: archive.container.execute_item_batch(batch, "0001"),
        lambda: archive.container.read_item("layout", "layout"),
        lambda: list(archive.container.query_items("SELECT * FROM c", partition_key="0001")),
    ]
    for request in kinds:
        transport.requests, transport.plan = 0, lambda: name
        with pytest.raises((Conflict, Throttled, Unanswered)):
            archive.attempts(archive.now() + 60).make(request)
        assert transport.requests == 1
        transport.plan = lambda: None


@pytest.mark.parametrize("name", FAULTS)
def test_what_happens_once_is_not_noticed(container: ContainerProxy, name: str) -> None:
    transport = FaultyTransport()
    store = CosmosStore(through(transport, container))
    for number, label in enumerate(("cat", "dog")):
        transport.plan = once(name)
        written = [result(f"{n}.jpg", label, sequencer=f"{number:02}") for n in range(20)]
        assert {one.image.id for one in store.write(written)} == {one.image.id for one in written}
    questions: list[Callable[[], object]] = [
        lambda: shown(store, result("7.jpg", "dog")),
        lambda: store.history(result("7.jpg").image.id),
        lambda: store.page(ResultFilter(), Order(), 100).documents,
        lambda: labels(store),
    ]
    for ask in questions:
        transport.plan = once(name)
        assert ask()
        assert transport.plan() is None  # it did happen
    assert labels(store) == {"dog": 20}


def test_a_long_answer_goes_on_where_it_was_interrupted(
    container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosmos_container, "PAGE", 7)
    transport = FaultyTransport()
    store = CosmosStore(through(transport, container))
    versions = [result(sequencer=f"{number:03}") for number in range(100)]
    store.write(versions)
    transport.plan = some(0.5, 1, Counter())
    transport.requests = 0
    assert store.history(result().image.id) == [one.document() for one in reversed(versions[:-1])]
    assert transport.requests < 50  # of 15 pages; anew from the first after each failure, it would be thousands
