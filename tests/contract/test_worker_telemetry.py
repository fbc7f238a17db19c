"""What a real worker's metrics and traces say of messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from celery.contrib.testing.worker import start_worker

from loupe_shared.adapters import worker as worker_adapter
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.worker import MAX_FAILURES, consume
from loupe_shared.errors import InvalidMessage, StorageUnavailable
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.settings import QueueSettings
from loupe_shared.telemetry.metrics import IMAGES_PUBLISHED, MESSAGES
from loupe_shared.telemetry.tracing import span, traced
from tests.collector import Collector, collecting
from tests.factories import image_ref, result
from tests.metering import Growth
from tests.waiting import wait_for

JOB = ClassifyJob(images=(image_ref("a"), image_ref("b")))
ALONE_A, ALONE_B = JOB.split()

Handle = Callable[[ClassifyJob], ClassifyJob | None]


@pytest.fixture(autouse=True)
def _empty_broker(valkey_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    valkey_client.flushall()
    monkeypatch.setattr(worker_adapter, "_delay_s", lambda *_: 0)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that the environment names."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        yield collector


@contextmanager
def working(settings: QueueSettings, handle: Handle) -> Iterator[CeleryPublisher]:
    """A worker that handles jobs until the block ends. Yields a publisher."""
    with make_celery(settings, consumes="classify") as app, make_celery(settings) as other:
        consume(app, ClassifyJob, handle, give_up=lambda _: None)
        options = {"pool": "threads", "concurrency": 2, "queues": ["classify"], "perform_ping_check": False}
        with start_worker(app, **options, shutdown_timeout=30):
            yield CeleryPublisher(other)


def failing(error: Exception, times: int) -> Handle:
    """Fails so many times with whatever has an image named a, and then no more."""
    left = [error] * times

    def handle(job: ClassifyJob) -> None:
        if left and any(image.blob == "a" for image in job.images):
            raise left.pop()

    return handle


@pytest.mark.parametrize(
    ("handle", "endings"),
    [
        pytest.param(lambda _: None, {"handled": 1}, id="handled"),
        pytest.param(failing(StorageUnavailable("503"), 2), {"retried": 2, "handled": 1}, id="put back"),
        pytest.param(lambda job: ALONE_B if job == JOB else None, {"retried": 1, "handled": 1}, id="handled in part"),
        pytest.param(failing(InvalidMessage("never"), 9), {"split": 1, "buried": 1, "handled": 1}, id="half is poison"),
        pytest.param(
            failing(KeyError(), 9), {"retried": 2 * MAX_FAILURES, "split": 1, "buried": 1, "handled": 1}, id="a bug"
        ),
    ],
)
def test_messages_count_by_what_becomes_of_them(
    broker_settings: QueueSettings, handle: Handle, endings: dict[str, int]
) -> None:
    messages, published = Growth(MESSAGES), Growth(IMAGES_PUBLISHED)

    def counted() -> dict[str, float]:
        found = {ending: messages("classify", ending) for ending in ("handled", "retried", "split", "buried")}
        return {ending: count for ending, count in found.items() if count}

    with working(broker_settings, handle) as publisher:
        publisher.publish([JOB])
        wait_for(lambda: counted() == endings, f"{endings}")
    assert published("classify") == 2


def test_what_is_malformed_is_buried(broker_settings: QueueSettings) -> None:
    messages = Growth(MESSAGES)
    with working(broker_settings, lambda _: None), make_celery(broker_settings) as app:
        app.send_task("loupe.classify", kwargs={"message": "what?"}, queue="classify")
        wait_for(lambda: messages("classify", "buried") == 1, "the letter")


def test_images_count_as_published_once_the_broker_has_them(broker_settings: QueueSettings) -> None:
    published = Growth(IMAGES_PUBLISHED)
    with make_celery(broker_settings) as app:
        CeleryPublisher(app).publish([JOB, StoreBatch(results=(result(),)), ALONE_A])
    assert (published("classify"), published("store")) == (3, 1)


def test_a_trace_goes_through_the_broker_and_stays_the_same_when_a_message_is_put_back(
    broker_settings: QueueSettings, collector: Collector
) -> None:
    messages = Growth(MESSAGES)
    with traced("test"), working(broker_settings, failing(StorageUnavailable("503"), 1)) as publisher:
        with span("events"):
            publisher.publish([JOB])
        wait_for(lambda: messages("classify", "handled") == 1, "the job")
    (events,), (publish,) = collector.named("events"), collector.named("publish classify")
    assert (publish.parent, publish.trace) == (events.id, events.trace)
    assert publish.attributes["messaging.destination.name"] == "classify"
    assert publish.attributes["loupe.images"] == 2
    attempts = collector.named("process classify")
    assert {(one.trace, one.parent) for one in attempts} == {(events.trace, publish.id)}
    assert sorted(one.has_failed for one in attempts) == [False, True]


def test_a_job_that_is_published_once_more_belongs_to_a_new_trace_with_a_link_to_the_old(
    broker_settings: QueueSettings, collector: Collector
) -> None:
    handled: list[ClassifyJob] = []
    with traced("test"), working(broker_settings, handled.append) as publisher:
        publisher.publish([JOB])
        wait_for(lambda: len(handled) == 1, "the job")
        publisher.publish(handled)
        wait_for(lambda: len(handled) == 2, "it again")
    first, second = collector.named("publish classify")
    assert first.trace != second.trace
    assert second.links == (first.id,)


def test_a_job_of_an_earlier_version_begins_a_trace(broker_settings: QueueSettings, collector: Collector) -> None:
    handled: list[ClassifyJob] = []
    with make_celery(broker_settings) as app:
        CeleryPublisher(app).publish([JOB])
    with traced("test"), working(broker_settings, handled.append):
        wait_for(lambda: handled, "the job")
    (process,) = collector.spans
    assert (process.name, process.parent) == ("process classify", "")
