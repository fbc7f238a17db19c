"""The archive in Cosmos DB while the service and the network fail as they do, below everything that is Loupe's."""

import io
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest
import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport, RequestsTransportResponse
from azure.cosmos import ContainerProxy, CosmosClient

from loupe_shared.adapters import cosmos as cosmos_store
from loupe_shared.adapters import cosmos_archive
from loupe_shared.adapters.cosmos import CosmosStore, create_archive
from loupe_shared.adapters.cosmos_archive import CosmosArchive
from loupe_shared.adapters.cosmos_documents import embedding_of, image_of_embedding, layout_document
from loupe_shared.adapters.cosmos_requests import Conflict, Unanswered, connect
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.listing import Order, ResultFilter
from tests.exactness import check, deliver, make_results
from tests.factories import result
from tests.stored import labels, shown

EMBEDDING_SIZE = 8

Send = Callable[[], RequestsTransportResponse]
Fault = Callable[[HttpRequest, Send], RequestsTransportResponse]
Plan = Callable[[], str | None]


def answer(request: HttpRequest, status: int, body: object = None, **headers: str) -> RequestsTransportResponse:
    """What the service says instead of doing what it was asked to."""
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.raw = io.BytesIO(json.dumps(body or {"message": "a fault"}).encode())
    return RequestsTransportResponse(request, response)


def status(code: int, **headers: str) -> Fault:
    """An error of the service, which has done nothing."""
    return lambda request, _: answer(request, code, **headers)


def failed_operation(code: int, **details: object) -> Fault:
    """A batch of which one operation failed. Other requests fail as a whole."""

    def fault(request: HttpRequest, _: Send) -> RequestsTransportResponse:
        if "x-ms-cosmos-is-batch-request" not in request.headers:
            return answer(request, 503)
        operations = json.loads(cast("bytes", request.data))
        others = [{"statusCode": 424}] * (len(operations) - 1)
        return answer(request, 207, [*others, {"statusCode": code, **details}])

    return fault


def before(error: Exception) -> Fault:
    """The network fails on the way there."""

    def fault(_: HttpRequest, _send: Send) -> RequestsTransportResponse:
        raise error

    return fault


def after(error: Exception) -> Fault:
    """The network fails on the way back."""

    def fault(_: HttpRequest, send: Send) -> RequestsTransportResponse:
        send()
        raise error

    return fault


def lost_answer(code: int) -> Fault:
    """The service did what it was asked to, and says otherwise."""

    def fault(request: HttpRequest, send: Send) -> RequestsTransportResponse:
        send()
        return answer(request, code)

    return fault


FAULTS: dict[str, Fault] = {
    "throttled": status(429),
    "throttled for a while": status(429, x_ms_retry_after_ms="20"),
    "throttled in a batch": failed_operation(429, retryAfterMilliseconds=10),
    "changed in a batch": failed_operation(412),
    "retry with": failed_operation(449),
    "busy": status(503),
    "busy afterwards": lost_answer(503),
    "timeout of the service": status(408),
    "gone": status(410),
    "timeout before": before(ServiceResponseError("timed out")),
    "timeout after": after(ServiceResponseError("timed out")),
    "refused": before(ServiceRequestError("connection refused")),
    "broken": after(ServiceResponseError("connection reset")),
}


class FaultyTransport(RequestsTransport):  # type: ignore[misc]  # the SDK loads it late, without its type
    """Sends requests, but for those about documents to which the plan in force gives a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: Plan = lambda: None
        self.requests = 0

    def send(self, request: HttpRequest, **options: Any) -> RequestsTransportResponse:  # noqa: ANN401
        """Send a request, or not."""

        def send() -> RequestsTransportResponse:
            return super(FaultyTransport, self).send(request, **options)

        if "/docs" not in request.url:  # the client looks after its endpoints, whenever it likes
            return send()
        self.requests += 1
        name = self.plan()
        return FAULTS[name](request, send) if name else send()


def once(name: str) -> Plan:
    """A fault for the next request."""
    faults = iter([name])
    return lambda: next(faults, None)


def some(share: float, seed: int, happened: Counter[str]) -> Plan:
    """A fault of any kind for a share of the requests."""
    chance = random.Random(seed)

    def plan() -> str | None:
        if chance.random() >= share:
            return None
        name = chance.choice(list(FAULTS))
        happened[name] += 1
        return name

    return plan


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container with few buckets, so that many write to the same."""
    database = cosmos.create_database_if_not_exists("loupe")
    made = create_archive(database, f"results-{uuid.uuid4().hex}", EMBEDDING_SIZE)
    made.create_item(layout_document() | {"buckets": 8})
    return made


def through(transport: FaultyTransport, container: ContainerProxy) -> ContainerProxy:
    """The same container, reached as services do, but through a transport."""
    client = connect(container.client_connection.url_connection, "a2V5", transport=transport)
    return client.get_database_client("loupe").get_container_client(container.id)


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
    monkeypatch.setattr(cosmos_archive, "PAGE", 7)
    transport = FaultyTransport()
    store = CosmosStore(through(transport, container))
    versions = [result(sequencer=f"{number:03}") for number in range(100)]
    store.write(versions)
    transport.plan = some(0.5, 1, Counter())
    transport.requests = 0
    assert store.history(result().image.id) == [one.document() for one in reversed(versions[:-1])]
    assert transport.requests < 50  # of 15 pages; anew from the first after each failure, it would be thousands
