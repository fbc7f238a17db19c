"""The event queue on real queue storage."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.storage.queue import QueueClient

from loupe_ingestion.ports import QueuedMessage
from loupe_ingestion.queue_storage import AzureEventQueue
from loupe_local.azurite import ACCOUNT, Azurite
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings
from tests.waiting import wait_for


@pytest.fixture
def raw(azurite: Azurite) -> Iterator[QueueClient]:
    """A fresh queue, as whoever delivers events sees it."""
    with azurite.queues() as queues:
        name = f"q{uuid.uuid4().hex}"
        queues.create_queue(f"{name}-poison")
        yield queues.create_queue(name)


@pytest.fixture
def poisoned(azurite: Azurite, raw: QueueClient) -> Iterator[QueueClient]:
    """Its poison queue."""
    with azurite.queues() as queues:
        yield queues.get_queue_client(f"{raw.queue_name}-poison")


@contextmanager
def queue_of(settings: StorageSettings, endpoint: str, name: str, hidden_s: int = 30) -> Iterator[AzureEventQueue]:
    """The adapter with these settings."""
    http = StorageHttp(settings, 4, 5)
    yield AzureEventQueue(settings, endpoint, name, hidden_s, http)
    http.close()


@pytest.fixture
def queue(azurite: Azurite, raw: QueueClient, storage_settings: StorageSettings) -> Iterator[AzureEventQueue]:
    """The adapter on that queue."""
    with queue_of(storage_settings, azurite.queue_endpoint, raw.queue_name) as queue:
        yield queue


def test_what_is_sent_is_received_and_removed(queue: AzureEventQueue, raw: QueueClient) -> None:
    assert queue.receive(32) == []
    for number in range(40):
        raw.send_message(f"event {number}")
    first, second = queue.receive(32), queue.receive(32)
    assert len(first) == 32
    assert {m.content for m in first + second} == {f"event {n}" for n in range(40)}
    assert {m.deliveries for m in first} == {1}
    queue.remove(first + second)
    assert raw.get_queue_properties().approximate_message_count == 0


def test_a_message_that_is_not_removed_comes_back(
    azurite: Azurite, raw: QueueClient, storage_settings: StorageSettings
) -> None:
    raw.send_message("event")
    with queue_of(storage_settings, azurite.queue_endpoint, raw.queue_name, hidden_s=1) as impatient:
        (first,) = impatient.receive(32)
        again = wait_for(lambda: impatient.receive(32), "the message to come back")
        assert (again[0].content, again[0].deliveries) == ("event", 2)
        impatient.remove([first])  # someone else has it now: no error, and it stays
        assert raw.get_queue_properties().approximate_message_count == 1
        impatient.remove(again)
        impatient.remove(again)  # it is gone: no error
    assert raw.get_queue_properties().approximate_message_count == 0


def test_poison_keeps_content_and_reason(queue: AzureEventQueue, poisoned: QueueClient) -> None:
    queue.poison("not an event <&>", "no JSON")
    message = poisoned.receive_message()
    assert message is not None
    assert json.loads(message.content) == {"reason": "no JSON", "content": "not an event <&>", "cut": 0}


@pytest.mark.parametrize("content", ["x" * 65_536, '"' * 65_536, "ü" * 30_000, "\u0001" * 60_000])
def test_poison_of_any_size_fits(queue: AzureEventQueue, poisoned: QueueClient, content: str) -> None:
    queue.poison(content, "too strange")
    message = poisoned.receive_message()
    assert message is not None
    document = json.loads(message.content)
    assert content.startswith(document["content"])
    assert len(document["content"]) + document["cut"] == len(content)
    assert len(document["content"]) > 9_000


def test_a_queue_that_does_not_exist(azurite: Azurite, storage_settings: StorageSettings) -> None:
    with (
        queue_of(storage_settings, azurite.queue_endpoint, "no-such-queue") as queue,
        pytest.raises(StorageUnavailable, match="404"),
    ):
        queue.check()


def test_storage_that_is_away(storage_settings: StorageSettings, unused_port: int) -> None:
    with queue_of(storage_settings, f"http://127.0.0.1:{unused_port}/{ACCOUNT}", "events") as queue:
        with pytest.raises(StorageUnavailable, match="does not answer"):
            queue.check()
        with pytest.raises(StorageUnavailable, match="does not answer"):
            queue.remove([QueuedMessage("id", "receipt", "event", 1)])


def test_a_wrong_key(azurite: Azurite, raw: QueueClient) -> None:
    wrong = StorageSettings(storage_account=ACCOUNT, storage_key="d3Jvbmc=", blob_endpoint=azurite.blob_endpoint)
    with queue_of(wrong, azurite.queue_endpoint, raw.queue_name) as queue:
        with pytest.raises(StorageUnavailable, match="403"):
            queue.receive(32)
        with pytest.raises(StorageUnavailable, match="403"):
            queue.remove([QueuedMessage("id", "receipt", "event", 1)])
