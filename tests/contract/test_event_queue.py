"""The event queue on real queue storage."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.storage.queue import QueueClient

from loupe_ingestion.ports import QueuedMessage
from loupe_ingestion.queue_storage import AzureEventQueue, read_page
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
    yield AzureEventQueue(http, endpoint, name, hidden_s)
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


def test_several_pages_are_received_at_once(queue: AzureEventQueue, raw: QueueClient) -> None:
    for number in range(70):
        raw.send_message(f"event {number}")
    received = queue.receive(128)
    assert {m.content for m in received} == {f"event {n}" for n in range(70)}
    assert len({m.id for m in received}) == len(received) == 70
    queue.remove(received)
    assert queue.receive(128) == []
    assert raw.get_queue_properties().approximate_message_count == 0


@pytest.mark.parametrize("content", ["<&> \"'", "ü 日本 😀", "eyJhIjogMX0=", "two\nlines", '{"a": "]]>"}'])
def test_content_arrives_as_it_was_sent(queue: AzureEventQueue, raw: QueueClient, content: str) -> None:
    raw.send_message(content)
    (message,) = queue.receive(32)
    assert message.content == content


def test_an_answer_as_the_service_documents_it() -> None:
    body = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>
    <QueueMessagesList>
      <QueueMessage>
        <MessageId>5974b586-0df3-4e2d-ad0c-18e3892bfca2</MessageId>
        <InsertionTime>Fri, 09 Oct 2009 21:04:30 GMT</InsertionTime>
        <ExpirationTime>Fri, 16 Oct 2009 21:04:30 GMT</ExpirationTime>
        <PopReceipt>YzQ4Yzg1MDItYTc0Ny00OWNjLTkxYTUtZGM0MDFiZDAwYzEw</PopReceipt>
        <TimeNextVisible>Fri, 09 Oct 2009 23:29:20 GMT</TimeNextVisible>
        <DequeueCount>1</DequeueCount>
        <MessageText>PHRlc3Q+dGhpcyBpcyBhIHRlc3QgbWVzc2FnZTwvdGVzdD4=</MessageText>
      </QueueMessage>
    </QueueMessagesList>"""
    assert read_page(body) == [
        QueuedMessage(
            id="5974b586-0df3-4e2d-ad0c-18e3892bfca2",
            receipt="YzQ4Yzg1MDItYTc0Ny00OWNjLTkxYTUtZGM0MDFiZDAwYzEw",
            content="PHRlc3Q+dGhpcyBpcyBhIHRlc3QgbWVzc2FnZTwvdGVzdD4=",
            deliveries=1,
        )
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"<QueueMessagesList><QueueMessage/></QueueMessagesList>"])
def test_an_answer_of_something_else(body: bytes) -> None:
    with pytest.raises(StorageUnavailable, match="something else"):
        read_page(body)


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
    with queue_of(storage_settings, azurite.queue_endpoint, "no-such-queue") as queue:
        for call in (queue.check, lambda: queue.receive(32), lambda: queue.poison("event", "reason")):
            with pytest.raises(StorageUnavailable, match="404 QueueNotFound"):
                call()


def test_storage_that_is_away(storage_settings: StorageSettings, unused_port: int) -> None:
    with queue_of(storage_settings, f"http://127.0.0.1:{unused_port}/{ACCOUNT}", "events") as queue:
        for call in (
            queue.check,
            lambda: queue.receive(64),
            lambda: queue.remove([QueuedMessage("id", "receipt", "event", 1)]),
            lambda: queue.poison("event", "reason"),
        ):
            with pytest.raises(StorageUnavailable, match="does not answer"):
                call()


def test_a_wrong_key(azurite: Azurite, raw: QueueClient) -> None:
    wrong = StorageSettings(storage_account=ACCOUNT, storage_key="d3Jvbmc=", blob_endpoint=azurite.blob_endpoint)
    with queue_of(wrong, azurite.queue_endpoint, raw.queue_name) as queue:
        with pytest.raises(StorageUnavailable, match="403"):
            queue.receive(32)
        with pytest.raises(StorageUnavailable, match="403"):
            queue.remove([QueuedMessage("id", "receipt", "event", 1)])


def test_messages_count_until_they_are_removed(queue: AzureEventQueue, raw: QueueClient) -> None:
    assert queue.count() == 0
    for n in range(3):
        raw.send_message(f"{n}")
    assert queue.count() == 3
    queue.remove(queue.receive(1))
    assert queue.count() == 2
