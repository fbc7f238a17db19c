"""What can go wrong between Loupe and Cosmos DB: the service and the network, below everything that is Loupe's."""

import io
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport, RequestsTransportResponse
from azure.cosmos import ContainerProxy

from loupe_shared.adapters.cosmos_requests import connect

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


def through(transport: FaultyTransport, container: ContainerProxy) -> ContainerProxy:
    """The same container, reached as services do, but through a transport."""
    client = connect(container.client_connection.url_connection, "a2V5", transport=transport)
    return client.get_database_client("loupe").get_container_client(container.id)
