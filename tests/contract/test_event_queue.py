"""The event queue on real queue storage."""

import json
import uuid
from collections.abc import Iterator

import pytest
from azure.storage.queue import QueueClient

from loupe_ingestion.queue_storage import AzureEventQueue
from loupe_local.azurite import ACCOUNT, Azurite
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings


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


@pytest.fixture
def queue(azurite: Azurite, raw: QueueClient, storage_settings: StorageSettings) -> AzureEventQueue:
    """The adapter on that queue."""
    return AzureEventQueue(storage_settings, azurite.queue_endpoint, raw.queue_name, 30)


def test_what_is_sent_is_received_and_removed(queue: AzureEventQueue, raw: QueueClient) -> None:
    assert queue.receive() == []
    for number in range(40):
        raw.send_message(f"event {number}")
    first, second = queue.receive(), queue.receive()
    assert len(first) == 32
    assert {m.content for m in first + second} == {f"event {n}" for n in range(40)}
    assert {m.deliveries for m in first} == {1}
    queue.remove(first + second)
    assert raw.get_queue_properties().approximate_message_count == 0


def test_a_message_that_is_not_removed_comes_back(
    azurite: Azurite, raw: QueueClient, storage_settings: StorageSettings
) -> None:
    impatient = AzureEventQueue(storage_settings, azurite.queue_endpoint, raw.queue_name, 1)
    raw.send_message("event")
    (first,) = impatient.receive()
    again = impatient.receive()
    while not again:
        again = impatient.receive()
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
    queue = AzureEventQueue(storage_settings, azurite.queue_endpoint, "no-such-queue", 30)
    with pytest.raises(StorageUnavailable, match="404"):
        queue.check()


def test_storage_that_is_away(storage_settings: StorageSettings, unused_port: int) -> None:
    queue = AzureEventQueue(storage_settings, f"http://127.0.0.1:{unused_port}/{ACCOUNT}", "events", 30)
    with pytest.raises(StorageUnavailable, match="does not answer"):
        queue.check()


def test_a_wrong_key(azurite: Azurite, raw: QueueClient) -> None:
    wrong = StorageSettings(storage_account=ACCOUNT, storage_key="d3Jvbmc=", blob_endpoint=azurite.blob_endpoint)
    queue = AzureEventQueue(wrong, azurite.queue_endpoint, raw.queue_name, 30)
    with pytest.raises(StorageUnavailable, match="403"):
        queue.receive()
