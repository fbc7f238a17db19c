"""The loop over the event queue."""

import json
from collections.abc import Sequence

import pytest

from loupe_ingestion import consumer as consumer_module
from loupe_ingestion.consumer import PAGES, Consumer
from loupe_ingestion.events import BlobEvent
from loupe_ingestion.handler import EventHandler
from loupe_ingestion.memory import MemoryLedger
from loupe_ingestion.ports import PAGE, QueuedMessage
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import ClassifyJob
from loupe_shared.telemetry.metrics import EVENTS
from tests.factories import ACCOUNT, CONTAINER, event
from tests.fakes import FragilePublisher, MemoryQueue
from tests.metering import Growth
from tests.waiting import wait_for


def consumer_of(queue: MemoryQueue, publisher: MemoryPublisher) -> Consumer:
    """A consumer that is not started."""
    handler = EventHandler(publisher, MemoryLedger(), MemoryOutstanding(), ACCOUNT, CONTAINER, job_size=32)
    return Consumer(queue, handler, poll_interval_s=0.01, max_deliveries=5, rescue_after_s=60)


def test_events_become_one_job_and_are_acknowledged() -> None:
    queue, publisher = MemoryQueue(json.dumps(event("a")), json.dumps([event("b"), event("c")])), FragilePublisher()
    assert consumer_of(queue, publisher).poll() == 2
    (job,) = publisher.messages
    assert isinstance(job, ClassifyJob)
    assert [image.blob for image in job.images] == ["a", "b", "c"]
    assert queue.waiting == []


def test_an_empty_queue() -> None:
    assert consumer_of(MemoryQueue(), FragilePublisher()).poll() == 0


def test_poison_is_set_aside_and_costs_nobody() -> None:
    queue, publisher = MemoryQueue("what?", json.dumps(event("a")), "{}"), FragilePublisher()
    consumer_of(queue, publisher).poll()
    assert len(publisher.messages) == 1
    assert [content for content, _ in queue.poisoned] == ["what?", "{}"]
    assert all(reason for _, reason in queue.poisoned)
    assert queue.waiting == []


def test_a_message_that_never_succeeds_is_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, publisher = MemoryQueue(json.dumps(event("a")), json.dumps(event("b")), deliveries=6), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    handle = EventHandler.handle

    def handle_b(handler: EventHandler, events: list[BlobEvent]) -> int:
        if any(e.image.blob == "a" for e in events):
            raise KeyError("a mistake")
        return handle(handler, events)

    monkeypatch.setattr(EventHandler, "handle", handle_b)
    consumer.poll()
    ((content, reason),) = queue.poisoned
    assert content == json.dumps(event("a"))
    assert reason == "delivered 6 times without success: KeyError('a mistake')"
    assert [image.blob for m in publisher.messages if isinstance(m, ClassifyJob) for image in m.images] == ["b"]
    assert queue.waiting == []


def test_an_outage_of_any_length_poisons_nothing() -> None:
    queue, publisher = MemoryQueue(json.dumps(event("a")), deliveries=99), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    publisher.away = True
    with pytest.raises(BrokerUnavailable):
        consumer.poll()
    publisher.away = False
    consumer.poll()
    assert queue.poisoned == []
    assert len(publisher.messages) == 1


def test_nothing_is_acknowledged_before_it_is_in_the_broker() -> None:
    queue, publisher = MemoryQueue(json.dumps(event("a"))), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    publisher.away = True
    with pytest.raises(BrokerUnavailable):
        consumer.poll()
    assert len(queue.waiting) == 1
    publisher.away = False
    consumer.poll()
    assert (len(queue.waiting), len(publisher.messages)) == (0, 1)


def test_it_stops_when_it_is_told_to() -> None:
    queue, publisher = MemoryQueue(json.dumps(event("a"))), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    consumer.start()
    while queue.waiting:
        pass
    consumer.stop()
    assert len(publisher.messages) == 1


def test_while_pages_are_full_several_are_taken_at_once() -> None:
    queue, publisher = MemoryQueue(*(json.dumps(event(str(n))) for n in range(PAGE + 3))), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    consumer.start()
    wait_for(lambda: len(queue.limits) >= 4, "the queue to be found empty")
    consumer.stop()
    assert queue.limits[:4] == [PAGE, PAGE * PAGES, PAGE, PAGE]
    assert len(publisher.messages) == 2


def test_after_a_failure_one_page_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "MAX_BACKOFF_S", 0.01)
    queue, publisher = MemoryQueue(*(json.dumps(event(str(n))) for n in range(PAGE + 3))), FragilePublisher()
    consumer = consumer_of(queue, publisher)
    remove = queue.remove

    def remove_and_break(messages: Sequence[QueuedMessage]) -> None:
        remove(messages)
        publisher.away = True

    monkeypatch.setattr(queue, "remove", remove_and_break)
    consumer.start()
    wait_for(lambda: len(queue.limits) >= 4, "the events to come back")
    consumer.stop()
    assert queue.limits[:4] == [PAGE, PAGE * PAGES, PAGE, PAGE]
    assert len(queue.waiting) == 3


def test_poison_counts() -> None:
    events = Growth(EVENTS)
    consumer_of(MemoryQueue("what?", json.dumps([event("a"), event("b")])), FragilePublisher()).poll()
    assert (events("poisoned"), events("published")) == (1, 2)
