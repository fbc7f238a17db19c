"""A worker's reports of itself, while its work goes on whatever becomes of them."""

import logging
import os
import socket
import threading
import time

import pytest

from loupe_shared import reporter as reporter_module
from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import Served, Worker, WorkerReport
from loupe_shared.reporter import Reporter
from loupe_shared.result import ModelVersion, Precision
from loupe_shared.tally import Tally
from tests.waiting import wait_for

OFTEN_S = 0.01
RARELY_S = 3600.0


class FragileWorkers(MemoryWorkers):
    """A broker that can be away, or hold up who asks."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.away = False
        self.goes_on = threading.Event()
        self.goes_on.set()

    def report(self, report: WorkerReport) -> None:
        """Fail, or not, at once, or not."""
        self.calls += 1
        self.goes_on.wait()
        if self.away:
            raise BrokerUnavailable("the broker is away")
        super().report(report)

    def until_called(self) -> None:
        """Wait for some calls more."""
        before = self.calls
        wait_for(lambda: self.calls >= before + 3, "more calls")


@pytest.fixture
def workers() -> FragileWorkers:
    """The broker."""
    return FragileWorkers()


def first(workers: MemoryWorkers) -> Worker:
    """The only worker, once it is there."""
    (worker,) = wait_for(workers.all, "a report")
    return worker


def is_running() -> bool:
    """Whether there is a reporter's thread."""
    return "reporter" in {thread.name for thread in threading.enumerate()}


def test_a_worker_is_shown_from_its_beginning_to_its_end(workers: FragileWorkers) -> None:
    before = now()
    with Reporter(workers, "results", Tally(), interval_s=RARELY_S):
        worker = first(workers)
        assert worker.name == f"{socket.gethostname()}:{os.getpid()}"
        assert (worker.service, worker.images, worker.images_per_minute) == ("results", 0, 0)
        assert (worker.model, worker.precision, worker.device) == (None, None, None)
        assert before <= worker.started_at <= worker.reported_at
    assert workers.all() == []
    assert not is_running()


def test_a_worker_that_fails_is_not_shown_any_more(workers: FragileWorkers) -> None:
    def fail() -> None:
        with Reporter(workers, "results", Tally(), interval_s=RARELY_S):
            assert first(workers)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert workers.all() == []


def test_reports_say_what_is_done_by_now_and_which_model_answers_by_now(workers: FragileWorkers) -> None:
    tally, precision = Tally(), Precision.INT8
    versions = [ModelVersion(name="m", version=n, preprocessing_hash="h", precision=precision) for n in (1, 2)]
    with Reporter(workers, "inference", tally, lambda: Served(versions[0], "cuda"), OFTEN_S):
        worker = first(workers)
        assert (worker.model, worker.precision, worker.device) == ("m:1", precision, "cuda")
        del versions[0]
        tally.add(32)
        wait_for(lambda: first(workers).model == "m:2", "the other model")
        wait_for(lambda: first(workers).images == 32, "the images")
        assert first(workers).images_per_minute == 32
        assert first(workers).started_at == worker.started_at


def test_a_broker_that_is_away_is_complained_of_once_each_time(
    workers: FragileWorkers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    workers.away = True
    with Reporter(workers, "results", Tally(), interval_s=OFTEN_S):
        for outages in (1, 2):
            workers.until_called()
            assert [record.message for record in caplog.records] == [
                "reports of this worker do not arrive: the broker is away"
            ] * outages
            workers.away = False
            first(workers)
            workers.until_called()
            workers.away = True
            workers.remove("results", first(workers).name)


def test_nobody_waits_for_a_broker_that_does_not_answer(
    workers: FragileWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter_module, "GOODBYE_S", 0.05)
    workers.goes_on.clear()
    started = time.monotonic()
    with Reporter(workers, "results", Tally(), interval_s=OFTEN_S):
        wait_for(lambda: workers.calls, "the call")
    assert time.monotonic() - started < 30
    workers.goes_on.set()
    wait_for(lambda: not is_running(), "the thread to end")
    assert workers.all() == []
