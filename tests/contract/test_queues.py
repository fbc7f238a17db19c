"""How much is on its way, beside what a real worker does with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from celery.contrib.testing.worker import start_worker

from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.queues import ValkeyQueues
from loupe_shared.adapters.worker import consume
from loupe_shared.errors import BrokerUnavailable, InvalidMessage
from loupe_shared.messages import BackfillJob, ClassifyJob, Message, StoreBatch
from loupe_shared.pipeline import Backlog, QueueDepth
from loupe_shared.settings import QueueSettings
from tests.factories import image_ref, result
from tests.waiting import wait_for

MESSAGES: dict[str, Message] = {
    "classify": ClassifyJob(images=(image_ref("a"), image_ref("b"))),
    "backfill": BackfillJob(images=(image_ref("c"),)),
    "store": StoreBatch(results=(result(),)),
}
IDLE = (0, 0, 0)
QUEUES = ("classify", "backfill", "store")
ALL_IDLE = dict.fromkeys(QUEUES, IDLE)


@dataclass
class Handler:
    """Begins to handle messages, and goes on when the test says so."""

    fails: bool = False
    goes_on: threading.Event = field(default_factory=threading.Event)

    def handle(self, _: Message) -> None:
        """Wait, then fail, or not."""
        self.goes_on.wait()
        if self.fails:
            raise InvalidMessage("never")


@pytest.fixture
def queues(broker_settings: QueueSettings, valkey_client: redis.Redis) -> ValkeyQueues:
    """Empty queues."""
    valkey_client.flushall()
    return ValkeyQueues(broker_settings)


@contextmanager
def working(settings: QueueSettings, queue: str, handle: Callable[[Any], None]) -> Iterator[None]:
    """A worker with two threads, until the block ends."""
    with make_celery(settings, consumes=queue) as app:
        message = MESSAGES[queue]
        if isinstance(message, ClassifyJob):
            consume(app, type(message), handle, give_up=lambda _: None)
        else:
            consume(app, type(message), handle, give_up=lambda _: None)
        options = {"pool": "threads", "concurrency": 2, "queues": [queue], "perform_ping_check": False}
        with start_worker(app, **options, shutdown_timeout=30):
            yield


def depths(queues: ValkeyQueues) -> dict[str, tuple[int, int, int]]:
    """Waiting, running and dead, by queue."""
    return {depth.name: (depth.waiting, depth.running, depth.dead) for depth in queues.backlog().queues}


def test_nothing(queues: ValkeyQueues) -> None:
    empty = tuple(QueueDepth(name=name, waiting=0, running=0, dead=0) for name in QUEUES)
    assert queues.backlog() == Backlog(outstanding=0, queues=empty)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_job_waits_runs_and_is_gone(queues: ValkeyQueues, broker_settings: QueueSettings, queue: str) -> None:
    with make_celery(broker_settings) as app:
        CeleryPublisher(app).publish([MESSAGES[queue]] * 5)
    assert depths(queues) == ALL_IDLE | {queue: (5, 0, 0)}
    handler = Handler()
    with working(broker_settings, queue, handler.handle):
        try:
            wait_for(lambda: depths(queues) == ALL_IDLE | {queue: (3, 2, 0)}, "two threads to be at work")
        finally:
            handler.goes_on.set()
        wait_for(lambda: depths(queues) == ALL_IDLE, "the end of the work")


@pytest.mark.parametrize("queue", QUEUES)
def test_what_can_never_be_handled_is_dead(queues: ValkeyQueues, broker_settings: QueueSettings, queue: str) -> None:
    handler = Handler(fails=True)
    handler.goes_on.set()
    with make_celery(broker_settings) as app:
        CeleryPublisher(app).publish(MESSAGES[queue].split())
    with working(broker_settings, queue, handler.handle):
        dead = len(MESSAGES[queue].split())
        wait_for(lambda: depths(queues) == ALL_IDLE | {queue: (0, 0, dead)}, "the dead letters")


def test_images_are_outstanding_until_they_are_settled(queues: ValkeyQueues, broker_settings: QueueSettings) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref("a"), image_ref("b"), result("c")])
    assert queues.backlog().outstanding == 3
    outstanding.settle([image_ref("a"), image_ref("c")])
    assert queues.backlog().outstanding == 1


def test_a_broker_that_is_away(unused_port: int) -> None:
    away = ValkeyQueues(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    with pytest.raises(BrokerUnavailable, match="the broker does not answer"):
        away.backlog()
