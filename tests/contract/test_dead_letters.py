"""What every box of the broker's dead letters promises, with letters that a real worker set aside."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker

from loupe_query.operate.jobs import Jobs
from loupe_query.operate.letters import Letter
from loupe_query.operate.memory import MemoryLetters
from loupe_query.operate.office import Office
from loupe_query.operate.ports import LetterBox
from loupe_query.operate.valkey_letters import CHUNK, STRANGE, ValkeyLetters
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.worker import consume
from loupe_shared.api.operate import LetterFilter, LettersByFilter, LettersById, Source
from loupe_shared.domain import ImageRef, now
from loupe_shared.errors import BrokerUnavailable, InvalidMessage
from loupe_shared.messages import ClassifyJob
from loupe_shared.ports import Outstanding
from loupe_shared.settings import QueueSettings
from tests.factories import NOON, image_ref
from tests.waiting import wait_for

DEAD, QUEUE = "{loupe}:classify-dead", "{loupe}:classify"
EVERYTHING = LettersByFilter(filter=LetterFilter())


def job(blob: str) -> ClassifyJob:
    """A job of one image."""
    return ClassifyJob(images=(image_ref(blob),))


@contextmanager
def working(settings: QueueSettings, handle: Callable[[ClassifyJob], None]) -> Iterator[None]:
    """A worker, until the block ends."""
    with make_celery(settings, consumes="classify") as app:
        consume(app, ClassifyJob, handle, give_up=lambda _: None)
        options = {"pool": "threads", "concurrency": 1, "queues": ["classify"], "perform_ping_check": False}
        with start_worker(app, **options, shutdown_timeout=30):
            yield


def fail(_: ClassifyJob) -> None:
    """What a worker does that can handle nothing."""
    raise InvalidMessage("never")


@pytest.fixture
def app(broker_settings: QueueSettings, valkey_client: redis.Redis) -> Iterator[Celery]:
    """Another process's application, on an empty broker."""
    valkey_client.flushall()
    with make_celery(broker_settings) as app:
        yield app


class Kind(NamedTuple):
    """A box with what is around it."""

    box: LetterBox
    outstanding: Outstanding
    bury: Callable[..., None]
    queued: Callable[[], list[ClassifyJob]]


def in_memory() -> Kind:
    """A box in memory, whose messages fail at once."""
    outstanding, publisher = MemoryOutstanding(), MemoryPublisher()
    box = MemoryLetters(Source.CLASSIFY, Jobs(outstanding, publisher))

    def bury(*messages: object) -> None:
        for message in messages:
            is_job = str(message).startswith('{"version":1,')
            box.bury(message, "InvalidMessage: never" if is_job else "malformed: …", now())

    return Kind(box, outstanding, bury, lambda: [m for m in publisher.messages if isinstance(m, ClassifyJob)])


def in_valkey(settings: QueueSettings, client: redis.Redis, app: Celery) -> Kind:
    """The broker's own, whose messages a worker sets aside."""
    outstanding = ValkeyOutstanding(settings)
    box = ValkeyLetters(settings, Source.CLASSIFY, Jobs(outstanding, CeleryPublisher(app)))

    def bury(*messages: object) -> None:
        before = client.llen(DEAD)
        for message in messages:
            app.send_task("loupe.classify", kwargs={"message": message}, queue="classify")
        with working(settings, fail):
            wait_for(lambda: client.llen(DEAD) == before + len(messages), "the dead letters")

    def queued() -> list[ClassifyJob]:
        waiting = client.llen(QUEUE)
        handled: list[ClassifyJob] = []
        with working(settings, handled.append):
            wait_for(lambda: len(handled) == waiting, "the jobs")
        return handled

    return Kind(box, outstanding, bury, queued)


@pytest.fixture(params=["memory", "valkey"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """An empty box of each kind."""
    if request.param == "memory":
        return in_memory()
    names = ("broker_settings", "valkey_client", "app")
    return in_valkey(*(request.getfixturevalue(name) for name in names))


def letters(kind: Kind) -> list[Letter]:
    """All letters of a box."""
    return list(kind.box.letters())


def test_a_letter_has_message_reason_and_time(kind: Kind) -> None:
    started = now()
    assert letters(kind) == []
    kind.bury(job("a").to_json(), job("b").to_json())
    first, second = letters(kind)
    assert [ClassifyJob.from_json(letter.message) for letter in (first, second)] == [job("a"), job("b")]
    assert first.reason == "InvalidMessage: never"
    assert first.at
    assert started <= first.at <= now()
    assert (first.source, first.damage, kind.box.obstacle(first)) == (Source.CLASSIFY, None, None)
    assert first.id != second.id
    assert letters(kind) == [first, second]


def test_what_is_replayed_is_handled_and_written_down(kind: Kind) -> None:
    kind.bury(job("a").to_json(), job("b").to_json())
    _, second = letters(kind)
    assert kind.box.replay([second]) == 1
    assert kind.outstanding.lost(-1.0) in ([], [image_ref("b")])  # nothing is lost while something waits
    assert kind.queued() == [job("b")]
    assert kind.outstanding.lost(-1.0) == [image_ref("b")]
    assert [ClassifyJob.from_json(letter.message) for letter in letters(kind)] == [job("a")]


def test_what_is_removed_is_gone_and_counted_once(kind: Kind) -> None:
    kind.bury(job("a").to_json(), job("a").to_json(), job("a").to_json())
    first, second, third = letters(kind)
    assert kind.box.remove([second]) == 1
    assert kind.box.remove([second, third]) == 1
    assert kind.box.remove([]) == 0
    assert letters(kind) == [first]
    assert kind.queued() == []


@pytest.mark.parametrize("message", [{}, "{}", None, "text", '{"version":2}', ["a"], '{"blob": "\ud83d"}'])
def test_what_is_malformed_can_be_looked_at_and_removed(kind: Kind, message: object) -> None:
    kind.bury(message)
    (letter,) = letters(kind)
    assert letter.message == message
    assert str(kind.box.obstacle(letter)).startswith("it is malformed and would be set aside again: ")
    office = Office([kind.box])
    done = office.replay(EVERYTHING)
    assert (done.done, list(done.refused)) == (0, [letter.id])
    assert kind.queued() == []
    assert office.dismiss(EVERYTHING).done == 1
    assert letters(kind) == []


def test_two_at_once_do_no_harm(kind: Kind) -> None:
    kind.bury(*(job(f"{n}").to_json() for n in range(20)))
    found, counts = letters(kind), []
    threads = [threading.Thread(target=lambda: counts.append(kind.box.replay(found))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert letters(kind) == []
    assert {handled.images[0].blob for handled in kind.queued()} == {str(n) for n in range(20)}


def put(client: redis.Redis, app: Celery, **kwargs: object) -> None:
    """Set a message aside, as a worker of an earlier version would, or another."""
    app.send_task("loupe.dead-letter", kwargs=kwargs, queue="classify-dead")
    assert client.llen(DEAD)


def test_letters_without_a_time_are_the_last(
    app: Celery, valkey_client: redis.Redis, broker_settings: QueueSettings
) -> None:
    put(valkey_client, app, message="1", reason="r", at=NOON.isoformat())
    put(valkey_client, app, message="2", reason="r")
    put(valkey_client, app, message="3", reason="r", at=(NOON + timedelta(days=1)).isoformat())
    office = Office([in_valkey(broker_settings, valkey_client, app).box])
    found, place = office.page(LetterFilter(), 2, None)
    assert [letter.message for letter in found] == ["3", "1"]
    (last,), place = office.page(LetterFilter(), 2, place)
    assert (last.message, last.at, place) == ("2", None, None)


def test_letters_that_are_too_old_are_forgotten(
    app: Celery, valkey_client: redis.Redis, broker_settings: QueueSettings
) -> None:
    for days in (0, 2, 4):
        put(valkey_client, app, message=str(days), reason="r", at=(now() - timedelta(days=days)).isoformat())
    put(valkey_client, app, message="never", reason="r")
    found, _ = Office([in_valkey(broker_settings, valkey_client, app).box], days=3).page(LetterFilter(), 9, None)
    assert [letter.message for letter in found] == ["0", "2", "never"]
    assert valkey_client.llen(DEAD) == 3


@pytest.mark.parametrize("raw", [b"\xff\x00", b"{}", b"[]", b'{"body": "e30="}', b'{"body": 1}', b"[" * 100_000])
def test_what_others_put_there_is_shown_and_can_be_removed(
    app: Celery, valkey_client: redis.Redis, broker_settings: QueueSettings, raw: bytes
) -> None:
    valkey_client.lpush(DEAD, raw)
    box = in_valkey(broker_settings, valkey_client, app).box
    (letter,) = box.letters()
    assert (letter.reason, letter.message, box.obstacle(letter)) == (STRANGE, raw.decode(errors="replace"), STRANGE)
    assert box.remove([letter]) == 1


@pytest.mark.parametrize("number", [CHUNK - 1, CHUNK, 2 * CHUNK + 1])
def test_many_are_read_bit_by_bit(
    app: Celery, valkey_client: redis.Redis, broker_settings: QueueSettings, number: int
) -> None:
    valkey_client.lpush(DEAD, *(str(n) for n in range(number)))
    box = in_valkey(broker_settings, valkey_client, app).box
    reading = box.letters()
    first = next(reading)
    valkey_client.lpush(DEAD, *(f"late {n}" for n in range(3)))
    assert [first.message, *(letter.message for letter in reading)][:number] == [str(n) for n in range(number)]


class Away:
    """A publisher that is away."""

    def publish(self, _: object) -> None:
        """Fail."""
        raise BrokerUnavailable("away")

    def check(self) -> None:
        """Fail."""
        raise BrokerUnavailable("away")


def test_what_cannot_be_published_stays_and_is_written_down() -> None:
    outstanding = MemoryOutstanding()
    box = MemoryLetters(Source.CLASSIFY, Jobs(outstanding, Away()))
    box.bury(job("a").to_json(), "r")
    (letter,) = box.letters()
    with pytest.raises(BrokerUnavailable):
        Office([box]).replay(LettersById(ids=(letter.id,)))
    assert list(box.letters()) == [letter]
    expected: list[ImageRef] = [image_ref("a")]
    assert outstanding.lost(-1.0) == expected


def test_a_broker_that_is_away(unused_port: int) -> None:
    away = QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0")
    box = ValkeyLetters(away, Source.STORE, Jobs(ValkeyOutstanding(away), Away()))
    letter = Letter("0" * 32, Source.STORE, "r", None, json.dumps({}), b"raw")
    for call in (lambda: list(box.letters()), lambda: box.remove([letter])):
        with pytest.raises(BrokerUnavailable, match="does not answer"):
            call()
