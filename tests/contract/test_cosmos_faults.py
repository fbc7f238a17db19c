"""The archive in Cosmos DB while the service and the network fail as they do, below everything that is Loupe's."""

import io
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport, RequestsTransportResponse
from azure.cosmos import CosmosClient

from loupe_shared.adapters import cosmos as cosmos_store
from loupe_shared.adapters.cosmos import CosmosStore, create_archive
from loupe_shared.adapters.cosmos_requests import connect
from tests.exactness import check, deliver, make_results

Send = Callable[[], RequestsTransportResponse]
Fault = Callable[[HttpRequest, Send], RequestsTransportResponse]


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
        others = [{"statusCode": 424}] * (len(json.loads(request.data)) - 1)
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


class FaultyTransport(RequestsTransport):
    """Sends requests, but for a share of them, to which a fault happens."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self.share = 0.0
        self.happened: Counter[str] = Counter()

    def send(self, request: HttpRequest, **options: Any) -> RequestsTransportResponse:  # noqa: ANN401
        """Send a request, or not."""

        def send() -> RequestsTransportResponse:
            return super(FaultyTransport, self).send(request, **options)

        self.happened["requests"] += 1
        if self._chance.random() >= self.share:
            return send()
        name = self._chance.choice(list(FAULTS))
        self.happened[name] += 1
        return FAULTS[name](request, send)


@pytest.mark.timeout(300)
def test_exact_whatever_fails(cosmos: CosmosClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosmos_store, "WRITE_PATIENCE_S", 2.0)  # so that stores give up, too
    endpoint = cosmos.client_connection.url_connection
    name = f"results-{uuid.uuid4().hex}"
    container = create_archive(cosmos.create_database_if_not_exists("loupe"), name, embedding_size=8)
    transports = [FaultyTransport(seed) for seed in range(2)]
    clients = [connect(endpoint, "a2V5", transport=transport) for transport in transports]
    stores = [CosmosStore(client.get_database_client("loupe").get_container_client(name)) for client in clients]
    results = make_results(10_000)
    for transport in transports:
        transport.share = 0.2
    import time
    b=time.time()
    refused = deliver(results, stores)
    print("refused", refused, time.time()-b, [t.happened for t in transports])
    for transport in transports:
        transport.share = 0.0
    b=time.time()
    current = check(CosmosStore(container), results)
    print("check", time.time()-b)
