"""What a process gives to who asks for its metrics."""

import logging
import socket

import pytest

from loupe_shared.errors import BrokerUnavailable, ConfigurationError
from loupe_shared.pipeline import Served
from loupe_shared.result import ModelVersion, Precision
from loupe_shared.settings import ServiceSettings
from loupe_shared.telemetry.exposition import Exposition, Look
from loupe_shared.telemetry.metrics import CATALOG, EVENTS_WAITING, MESSAGES
from loupe_shared.telemetry.worker_info import worker_look
from tests.metering import Scrape

ANY_PORT = ServiceSettings(metrics_port=0)


def scrape(service: str, *looks: Look) -> Scrape:
    """What a process of a service gives."""
    with Exposition(ANY_PORT, service, looks) as exposition:
        return Scrape.of(f"http://127.0.0.1:{exposition.port}/metrics")


@pytest.mark.parametrize("service", ["ingestion", "inference", "backfill", "results", "query", "reconciler", "batch"])
def test_a_service_gives_its_own_metrics_and_those_of_its_process(service: str) -> None:
    labelled = [metric for metric in CATALOG.values() if metric.labels]
    for metric in labelled:  # a series with labels is there once it has happened
        metric.collector.labels(*["x"] * len(metric.labels))
    try:
        found = scrape(service)
    finally:
        for metric in labelled:
            metric.collector.remove(*["x"] * len(metric.labels))
    of_loupe = {name for name, _, _ in found.samples if name.startswith("loupe_")}
    assert of_loupe == {name for metric in CATALOG.values() if service in metric.services for name in metric.series}
    assert found.value("process_cpu_seconds_total") > 0
    assert {labels["service"] for _, labels, _ in found.samples} == {service}


def test_values_are_of_the_moment() -> None:
    with Exposition(ANY_PORT, "results") as exposition:
        url = f"http://127.0.0.1:{exposition.port}/metrics"
        before = Scrape.of(url).value("loupe_messages_total", queue="store", ending="handled")
        MESSAGES.labels("store", "handled").inc(3)
        assert Scrape.of(url).value("loupe_messages_total", queue="store", ending="handled") == before + 3


def test_nobody_listens_unless_there_is_a_port() -> None:
    with Exposition(ServiceSettings(), "results") as exposition:
        assert exposition.port is None


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"LOUPE_METRICS_PORT: cannot listen on 127.0.0.1:{port}"),
            Exposition(ServiceSettings(metrics_port=port), "results"),
        ):
            pass


def test_the_port_is_free_again_afterwards() -> None:
    with Exposition(ANY_PORT, "results") as first:
        port = first.port
    with Exposition(ServiceSettings(metrics_port=port), "results") as second:
        assert second.port == port


def test_what_has_to_be_looked_up_is_looked_up_each_time() -> None:
    events = iter([5, 7])
    with Exposition(ANY_PORT, "ingestion", [lambda: EVENTS_WAITING.set(next(events))]) as exposition:
        url = f"http://127.0.0.1:{exposition.port}/metrics"
        assert [Scrape.of(url).value("loupe_events_waiting") for _ in range(2)] == [5, 7]


def test_what_cannot_be_looked_up_hides_nothing_else_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    def look() -> None:
        raise BrokerUnavailable("the broker is away")

    with Exposition(ANY_PORT, "results", [look]) as exposition:
        for _ in range(3):
            assert Scrape.of(f"http://127.0.0.1:{exposition.port}/metrics").has("loupe_results_shown_total")
    assert [record.message for record in caplog.records] == ["some metrics cannot be given: the broker is away"]


def test_a_worker_says_which_model_answers_by_now() -> None:
    versions = [ModelVersion(name="m", version=n, preprocessing_hash="h", precision=Precision.INT8) for n in (1, 2)]
    with Exposition(ANY_PORT, "inference", [worker_look(lambda: Served(versions.pop(0), "cpu"))]) as exposition:
        for n in (1, 2):
            found = Scrape.of(f"http://127.0.0.1:{exposition.port}/metrics")
            assert found.value("loupe_worker_info") == 1
            assert found.value("loupe_worker_info", model=f"m:{n}", precision="int8", device="cpu") == 1


def test_a_worker_without_a_model() -> None:
    assert scrape("results", worker_look()).value("loupe_worker_info", model="", precision="", device="") == 1
