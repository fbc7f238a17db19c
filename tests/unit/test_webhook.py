"""The webhook for Event Grid."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from loupe_ingestion.handler import EventHandler
from loupe_ingestion.memory import MemoryLedger
from loupe_ingestion.webhook import webhook_router
from loupe_shared.adapters.memory import MemoryOutstanding
from loupe_shared.adapters.web import install_problems
from loupe_shared.messages import ClassifyJob
from tests.factories import ACCOUNT, CONTAINER, cloud_event, event
from tests.fakes import FragilePublisher, MemoryQueue

URL = "/events?token=secret"


@pytest.fixture
def publisher() -> FragilePublisher:
    """A broker in memory."""
    return FragilePublisher()


@pytest.fixture
def queue() -> MemoryQueue:
    """Where poison goes."""
    return MemoryQueue()


@pytest.fixture
def client(publisher: FragilePublisher, queue: MemoryQueue) -> Iterator[TestClient]:
    """A client of the application."""
    handler = EventHandler(publisher, MemoryLedger(), MemoryOutstanding(), ACCOUNT, CONTAINER, job_size=32)
    app = FastAPI()
    install_problems(app)
    app.include_router(webhook_router(handler, queue, SecretStr("secret")))
    with TestClient(app) as client:
        yield client


def blobs(publisher: FragilePublisher) -> list[str]:
    """The blobs that were published."""
    return [image.blob for m in publisher.messages if isinstance(m, ClassifyJob) for image in m.images]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([event("a"), event("b")], ["a", "b"]),
        ([cloud_event("a")], ["a"]),
        (cloud_event("a"), ["a"]),
        ([], []),
        ([event(str(n)) for n in range(2000)], [str(n) for n in range(2000)]),
    ],
)
def test_deliveries(client: TestClient, publisher: FragilePublisher, body: Any, expected: list[str]) -> None:  # noqa: ANN401
    response = client.post(URL, json=body)
    assert (response.status_code, response.json()) == (200, {"accepted": len(expected), "poisoned": 0})
    assert blobs(publisher) == expected


def test_handshake_of_the_event_grid_schema(client: TestClient) -> None:
    body = [
        {
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": "512d38b6", "validationUrl": "https://x:553/y"},
        }
    ]
    response = client.post(URL, json=body, headers={"aeg-event-type": "SubscriptionValidation"})
    assert (response.status_code, response.json()) == (200, {"validationResponse": "512d38b6"})


def test_handshake_without_a_code(client: TestClient) -> None:
    body = [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {}}]
    assert client.post(URL, json=body).status_code == 400


def test_handshake_of_the_cloud_events_schema(client: TestClient) -> None:
    response = client.options(URL, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert response.status_code == 200
    assert response.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert response.headers["WebHook-Allowed-Rate"] == "*"
    assert response.headers["Allow"] == "POST"


def test_an_unreadable_event_costs_its_neighbours_nothing(
    client: TestClient, publisher: FragilePublisher, queue: MemoryQueue
) -> None:
    response = client.post(URL, json=[event("a"), {"no": "event"}, event("b")])
    assert (response.status_code, response.json()) == (200, {"accepted": 2, "poisoned": 1})
    assert blobs(publisher) == ["a", "b"]
    ((content, reason),) = queue.poisoned
    assert json.loads(content) == {"no": "event"}
    assert "not an event" in reason


def test_a_name_that_is_no_text_costs_its_neighbours_nothing(client: TestClient, publisher: FragilePublisher) -> None:
    body = json.dumps([event("a"), event("\ud800")])  # half of a pair, which JSON can say and UTF-8 cannot
    response = client.post(URL, content=body)
    assert (response.status_code, response.json()) == (200, {"accepted": 1, "poisoned": 1})
    assert blobs(publisher) == ["a"]


def test_a_body_that_is_no_json(client: TestClient) -> None:
    response = client.post(URL, content=b"hello")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert "not JSON" in response.json()["detail"]


def test_a_body_that_is_too_long(client: TestClient) -> None:
    assert client.post(URL, content=b" " * (4 * 1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("url", ["/events", "/events?token=", "/events?token=wrong", "/events?token=s%C3%A9cret"])
def test_without_the_token(client: TestClient, publisher: FragilePublisher, url: str) -> None:
    assert client.post(url, json=[event()]).status_code == 401
    assert client.options(url, headers={"WebHook-Request-Origin": "eventgrid.azure.net"}).status_code == 401
    assert publisher.messages == []


def test_a_broker_that_is_away_makes_event_grid_deliver_again(client: TestClient, publisher: FragilePublisher) -> None:
    publisher.away = True
    response = client.post(URL, json=[event("a")])
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    publisher.away = False
    assert client.post(URL, json=[event("a")]).status_code == 200
    assert blobs(publisher) == ["a"]
