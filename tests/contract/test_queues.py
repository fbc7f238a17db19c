"""How much is on its way, beside what a real worker does with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from celery.contrib.testing.worker import start_worker

from loupe_shared.adapters import outstanding as outstanding_module
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.queues import ValkeyQueues
from loupe_shared.adapters.worker import consume
from loupe_shared.errors import BrokerUnavailable, InvalidMessage
from loupe_shared.messages import BackfillJob, ClassifyJob, StoreBatch
from loupe_shared.pipeline import Backlog, QueueDepth
from loupe_shared.settings import QueueSettings
from tests.factories import image_ref, result
from tests.waiting import wait_for

MESSAGES: dict[str, ClassifyJob | StoreBatch] = {
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

    def handle(self, _: ClassifyJob | StoreBatch) -> None:
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


@dataclass
class Clock:
    """A time that the test sets."""

    moment: float = 1_800_000_000.0

    def time(self) -> float:
        """It."""
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of who writes down what is outstanding."""
    clock = Clock()
    monkeypatch.setattr(outstanding_module, "time", clock)
    return clock


def live(queues: ValkeyQueues) -> tuple[int, float | None]:
    """How many live images are outstanding, and since when the oldest of them is, in seconds of the clock."""
    lane = queues.lanes()[0]
    return lane.outstanding, lane.oldest_at.timestamp() - Clock().moment if lane.oldest_at else None


def test_the_oldest_image_is_known_until_it_is_settled(
    queues: ValkeyQueues, broker_settings: QueueSettings, clock: Clock
) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    assert live(queues) == (0, None)
    outstanding.add([image_ref("a"), image_ref("b")])
    clock.moment += 61
    outstanding.add([image_ref("c"), result("d")])
    assert live(queues) == (4, 0)
    outstanding.settle([image_ref("a")])
    assert live(queues) == (3, 0)
    outstanding.settle([image_ref("b"), image_ref("b"), image_ref("stranger")])
    assert live(queues) == (2, 60)
    outstanding.settle([image_ref("c"), result("d").image])
    assert live(queues) == (0, None)


def test_an_image_that_is_put_back_stays_as_old_as_it_is(
    queues: ValkeyQueues, broker_settings: QueueSettings, clock: Clock
) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref("a"), image_ref("b")])
    clock.moment += 120
    outstanding.add([image_ref("a"), image_ref("b")])
    assert live(queues) == (2, 0)
    assert outstanding.lost(60) == []


def test_a_newer_version_is_a_younger_image(queues: ValkeyQueues, broker_settings: QueueSettings, clock: Clock) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref("a", sequencer="01")])
    clock.moment += 120
    outstanding.add([image_ref("a", sequencer="02")])
    assert live(queues) == (1, 120)
    outstanding.settle([image_ref("a", sequencer="01")])
    assert live(queues) == (1, 120)


def test_lanes_are_apart(queues: ValkeyQueues, broker_settings: QueueSettings, clock: Clock) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    outstanding.add([image_ref("a")], "backfill")
    clock.moment += 30
    outstanding.add([image_ref("b")])
    assert [(lane.queue, lane.outstanding) for lane in queues.lanes()] == [("classify", 1), ("backfill", 1)]
    assert live(queues) == (1, 30)


def test_entries_of_an_earlier_version_count_but_have_no_age(
    queues: ValkeyQueues, broker_settings: QueueSettings, valkey_client: redis.Redis, clock: Clock
) -> None:
    outstanding = ValkeyOutstanding(broker_settings)
    image = image_ref("a")
    document = f'{image.order}{{"since":{clock.moment},"due":{image.to_json()}}}'
    valkey_client.hset("{loupe}:outstanding", image.id, document)
    assert live(queues) == (1, None)
    outstanding.settle([image])
    assert live(queues) == (0, None)


def test_a_broker_that_is_away(unused_port: int) -> None:
    away = ValkeyQueues(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    for look in (away.backlog, away.lanes):
        with pytest.raises(BrokerUnavailable, match="the broker does not answer"):
            look()
