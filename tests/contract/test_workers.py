"""What every record of workers promises."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.adapters.workers import KEY, ValkeyWorkers
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import Worker, WorkerReport
from loupe_shared.ports import Workers
from loupe_shared.reporter import Reporter
from loupe_shared.result import Precision
from loupe_shared.settings import QueueSettings
from loupe_shared.tally import Tally
from tests.factories import NOON
from tests.waiting import wait_for

SOON_S = 0.3

Make = Callable[..., Workers]


@pytest.fixture(params=["memory", "valkey"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a record of each kind, which is empty."""
    if request.param == "memory":
        return MemoryWorkers
    request.getfixturevalue("valkey_client").flushall()
    settings: QueueSettings = request.getfixturevalue("broker_settings")
    return lambda *forgotten_after_s: ValkeyWorkers(settings, *forgotten_after_s)


def report(name: str = "host:1", service: str = "results", images: int = 0) -> WorkerReport:
    """A report of a worker without a model."""
    return WorkerReport(service=service, name=name, started_at=NOON, images=images, images_per_minute=images)


INFERENCE = WorkerReport(
    service="inference",
    name="ünïcode:1",
    model="test:1",
    precision=Precision.INT8,
    device="cpu",
    started_at=NOON,
    images=10**9,
    images_per_minute=7240,
)


def reports(workers: Workers) -> list[WorkerReport]:
    """What was reported, without the time."""
    return [WorkerReport(**worker.model_dump()) for worker in workers.all()]


def test_reports_are_shown_as_they_are_by_service_and_name(make: Make) -> None:
    workers = make()
    assert workers.all() == []
    for one in (report("b:1"), report("a:2"), INFERENCE):
        workers.report(one)
    assert reports(workers) == [INFERENCE, report("a:2"), report("b:1")]


def test_the_last_report_counts(make: Make) -> None:
    workers = make()
    workers.report(report(images=1))
    (earlier,) = workers.all()
    workers.report(report(images=2))
    (later,) = workers.all()
    assert later.images == 2
    assert earlier.reported_at <= later.reported_at


def test_reports_have_the_time_of_their_arrival(make: Make) -> None:
    workers = make()
    workers.report(report())
    (worker,) = workers.all()
    assert abs(worker.reported_at - now()) < timedelta(seconds=30)
    assert worker.started_at == NOON


def test_a_worker_that_is_removed_is_not_shown(make: Make) -> None:
    workers = make()
    for one in (report("a:1"), report("a:1", "inference"), report("b:1")):
        workers.report(one)
    workers.remove("results", "a:1")
    workers.remove("results", "never:1")
    assert reports(workers) == [report("a:1", "inference"), report("b:1")]


def test_a_report_that_is_not_repeated_is_forgotten(make: Make) -> None:
    workers = make(SOON_S)
    workers.report(report("a:1"))
    workers.report(report("b:1"))

    def shown() -> list[str]:
        workers.report(report("b:1"))
        return [worker.name for worker in workers.all()]

    started = time.monotonic()
    wait_for(lambda: shown() == ["b:1"], "the other to be forgotten")
    assert time.monotonic() - started > SOON_S / 2


@pytest.mark.parametrize("come_by", [ValkeyWorkers.all, lambda workers: workers.report(report("b:1"))])
def test_the_record_does_not_grow_for_ever(
    broker_settings: QueueSettings, valkey_client: redis.Redis, come_by: Callable[[ValkeyWorkers], object]
) -> None:
    valkey_client.flushall()
    workers = ValkeyWorkers(broker_settings, SOON_S)
    workers.report(report("a:1"))

    def fields() -> list[str]:
        come_by(workers)
        return list(map(str, valkey_client.hkeys(KEY)))

    assert "results/a:1" in fields()
    wait_for(lambda: "results/a:1" not in fields(), "the field to go")


def test_what_cannot_be_read_hides_no_worker(
    broker_settings: QueueSettings, valkey_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    valkey_client.flushall()
    workers = ValkeyWorkers(broker_settings)
    workers.report(report())
    of_another_version = f'{int(time.time() * 1000)}{{"who": "me"}}'
    valkey_client.hset(KEY, mapping={"results/other:1": of_another_version, "results/other:2": "what?"})
    assert reports(workers) == [report()]
    assert valkey_client.hexists(KEY, "results/other:1")
    assert not valkey_client.hexists(KEY, "results/other:2")
    assert "cannot be read" in caplog.text


def test_a_broker_that_is_away(unused_port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    away = ValkeyWorkers(QueueSettings(broker_url=f"redis://127.0.0.1:{unused_port}/0"))
    calls: list[Callable[[], object]] = [lambda: away.report(report()), lambda: away.remove("results", "a"), away.all]
    for call in calls:
        with pytest.raises(BrokerUnavailable, match="the record of workers does not answer"):
            call()
    with Reporter(away, "results", Tally(), interval_s=0.01):
        wait_for(lambda: "reports of this worker do not arrive" in caplog.text, "the warning")
    assert len(caplog.records) == 1


def test_a_worker_reports_to_a_real_broker(broker_settings: QueueSettings, valkey_client: redis.Redis) -> None:
    valkey_client.flushall()
    workers, tally = ValkeyWorkers(broker_settings), Tally()

    def after_all_are_done() -> Worker | None:
        return next((worker for worker in workers.all() if worker.images == 5), None)

    with Reporter(workers, "results", tally, interval_s=0.02):
        tally.add(5)
        worker = wait_for(after_all_are_done, "the images")
        assert worker.started_at <= worker.reported_at + timedelta(seconds=1)
    assert workers.all() == []
