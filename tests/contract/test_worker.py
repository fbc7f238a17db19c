"""Publishing to a real broker, and what a real worker does with each kind of message."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from celery import Celery, Task
from celery.contrib.testing.worker import start_worker
from kombu.exceptions import OperationalError

from loupe_shared.adapters import worker as worker_adapter
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.worker import MAX_FAILURES, consume
from loupe_shared.errors import BrokerUnavailable, InvalidMessage, StorageUnavailable
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.settings import QueueSettings
from tests.factories import image_ref, result
from tests.waiting import wait_for

JOB = ClassifyJob(images=(image_ref("a"), image_ref("b")))
ALONE_A, ALONE_B = JOB.split()
QUEUE, DEAD = "{loupe}:classify", "{loupe}:classify-dead"

Handle = Callable[[ClassifyJob], ClassifyJob | None]


@pytest.fixture(autouse=True)
def _empty_broker(valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_client.flushall()
    monkeypatch.setattr(worker_adapter, "_delay_s", lambda *_: 0)


@pytest.fixture
def app(broker_settings: QueueSettings) -> Iterator[Celery]:
    """A worker's application."""
    app = make_celery(broker_settings, consumes="classify")
    yield app
    app.close()


@pytest.fixture
def publisher(broker_settings: QueueSettings) -> Iterator[CeleryPublisher]:
    """Another process's publisher."""
    app = make_celery(broker_settings)
    yield CeleryPublisher(app)
    app.close()


@contextmanager
def working(app: Celery, handle: Handle) -> Iterator[list[ClassifyJob]]:
    """A worker that handles jobs until the block ends. Yields the list of those that it gave up."""
    given_up: list[ClassifyJob] = []
    consume(app, ClassifyJob, handle, given_up.append)
    options = {"pool": "threads", "concurrency": 2, "queues": ["classify"], "perform_ping_check": False}
    with start_worker(app, **options, shutdown_timeout=30):
        yield given_up


def settled(client: redis.Redis) -> bool:
    """Whether no message waits or is being handled."""
    return not client.llen(QUEUE) and not client.hlen("{loupe}:unacked-classify")


def dead_letters(client: redis.Redis) -> list[dict[str, object]]:
    """What was moved to the dead-letter queue: message and reason."""
    letters = []
    for raw in client.lrange(DEAD, 0, -1):
        _, kwargs, _ = json.loads(base64.b64decode(json.loads(raw)["body"]))
        letters.append(kwargs)
    return letters


def test_what_is_published_is_handled(app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis) -> None:
    handled: list[ClassifyJob] = []
    jobs = [ClassifyJob(images=(image_ref(f"{n}.jpg"),)) for n in range(300)]
    with working(app, handled.append):
        publisher.publish(jobs)
        wait_for(lambda: len(handled) == len(jobs) and settled(valkey_client), "all jobs")
    assert sorted(handled, key=lambda job: int(job.images[0].blob[:-4])) == jobs
    assert dead_letters(valkey_client) == []


def test_each_type_has_its_queue(publisher: CeleryPublisher, valkey_client: redis.Redis) -> None:
    publisher.publish([JOB, StoreBatch(results=(result(),)), JOB])
    publisher.publish([])
    assert (valkey_client.llen(QUEUE), valkey_client.llen("{loupe}:store")) == (2, 1)


def test_a_message_is_not_written_out_once_more_for_logs(
    publisher: CeleryPublisher, valkey_client: redis.Redis
) -> None:
    publisher.publish([JOB])
    (message,) = valkey_client.lrange(QUEUE, 0, -1)
    headers = json.loads(message)["headers"]
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("()", "{...}")


def test_a_transient_error_is_retried_for_as_long_as_it_lasts(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis
) -> None:
    attempts: list[ClassifyJob] = []

    def handle(job: ClassifyJob) -> None:
        attempts.append(job)
        if len(attempts) <= MAX_FAILURES + 3:
            raise StorageUnavailable("503")

    with working(app, handle):
        publisher.publish([JOB])
        wait_for(lambda: len(attempts) == MAX_FAILURES + 4 and settled(valkey_client), "the last attempt")
    assert set(attempts) == {JOB}
    assert dead_letters(valkey_client) == []


def test_what_is_left_to_do_comes_back_alone(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis
) -> None:
    handled: list[ClassifyJob] = []

    def handle(job: ClassifyJob) -> ClassifyJob | None:
        handled.append(job)
        rest = job.images[1:]
        return ClassifyJob(images=rest) if rest else None

    with working(app, handle):
        publisher.publish([JOB])
        wait_for(lambda: len(handled) == 2 and settled(valkey_client), "the rest")
    assert handled == [JOB, ClassifyJob(images=JOB.images[1:])]


def test_a_mistake_of_ours_is_tried_again_and_then_set_aside(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis
) -> None:
    attempts: list[ClassifyJob] = []

    def handle(job: ClassifyJob) -> None:
        attempts.append(job)
        if "a" in [image.blob for image in job.images]:
            raise KeyError("a mistake")

    with working(app, handle) as given_up:
        publisher.publish([JOB])
        wait_for(lambda: dead_letters(valkey_client) and settled(valkey_client), "the dead letter")
    assert attempts.count(JOB) == MAX_FAILURES + 1
    # Whatever is wrong is wrong with one image: the other is handled.
    (alone,) = {job for job in attempts if job not in (JOB, ALONE_B)}
    assert given_up == [alone] == [ALONE_A]
    (letter,) = dead_letters(valkey_client)
    assert ClassifyJob.from_json(letter["message"]) == ALONE_A
    assert letter["reason"] == "KeyError: 'a mistake'"
    assert ALONE_B in attempts


def test_a_permanent_error_is_set_aside_at_once(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis
) -> None:
    def handle(_: ClassifyJob) -> None:
        raise InvalidMessage("never")

    with working(app, handle):
        publisher.publish([ALONE_A])
        wait_for(lambda: dead_letters(valkey_client) and settled(valkey_client), "the dead letter")
    assert len(dead_letters(valkey_client)) == 1


@pytest.mark.parametrize("message", [{}, "{}", '{"version":2}', "text", None, '{"version":1,"images":[]}'])
def test_a_malformed_message_is_set_aside_and_costs_nobody(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis, message: object
) -> None:
    handled: list[ClassifyJob] = []
    with working(app, handled.append):
        app.send_task("loupe.classify", kwargs={"message": message}, queue="classify")
        publisher.publish([JOB])
        wait_for(lambda: dead_letters(valkey_client) and handled and settled(valkey_client), "both")
    assert handled == [JOB]
    (letter,) = dead_letters(valkey_client)
    assert letter["message"] == message
    assert str(letter["reason"]).startswith("malformed")


def test_a_message_of_a_worker_that_died_is_handled_by_another(
    publisher: CeleryPublisher, valkey_client: redis.Redis, broker_settings: QueueSettings
) -> None:
    app = make_celery(broker_settings.model_copy(update={"visibility_timeout_s": 2}), consumes="classify")
    publisher.publish([JOB])
    # What a worker leaves behind when it is killed: a message that was taken and not acknowledged.
    raw = valkey_client.lpop(QUEUE)
    tag = json.loads(str(raw))["properties"]["delivery_tag"]
    valkey_client.hset("{loupe}:unacked-classify", tag, json.dumps([json.loads(str(raw)), "loupe", "classify"]))
    valkey_client.zadd("{loupe}:unacked-index-classify", {tag: time.time()})
    handled: list[ClassifyJob] = []
    with working(app, handled.append):
        wait_for(lambda: handled and settled(valkey_client), "the job")
    app.close()
    assert handled == [JOB]


def test_a_job_that_cannot_be_put_back_stays(
    app: Celery, publisher: CeleryPublisher, valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is full refuses to take the job again; Celery would then drop it."""
    handled: list[ClassifyJob] = []

    def handle(job: ClassifyJob) -> None:
        handled.append(job)
        if len(handled) == 1:
            raise StorageUnavailable("503")

    def full(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise OperationalError("OOM command not allowed when used memory > 'maxmemory'")

    monkeypatch.setattr(Task, "apply_async", full)
    monkeypatch.setattr("celery.canvas.Signature.apply_async", full)
    with working(app, handle):
        publisher.publish([JOB])
        wait_for(lambda: len(handled) == 2 and settled(valkey_client), "the second attempt")
    assert handled == [JOB, JOB]


def test_publishing_from_many_threads(publisher: CeleryPublisher, valkey_client: redis.Redis) -> None:
    threads = [threading.Thread(target=publisher.publish, args=([JOB] * 10,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert valkey_client.llen(QUEUE) == 80


def test_a_broker_that_is_away(unused_port: int) -> None:
    app = make_celery(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    with pytest.raises(BrokerUnavailable, match="did not take 1"):
        CeleryPublisher(app).publish([JOB])
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        CeleryPublisher(app).check()
    app.close()


def test_a_broker_that_answers(publisher: CeleryPublisher) -> None:
    publisher.check()
