"""Spans, and how traces go on in other processes."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from loupe_shared.errors import ConfigurationError, StorageUnavailable
from loupe_shared.telemetry.tracing import NOTHING, span, traced
from tests.collector import Collector, collecting

STRANGER = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that the environment names."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        yield collector


def test_without_a_collector_a_span_is_nothing() -> None:
    with traced("results"), span("work", attributes={"a": 1}) as work:
        assert work is NOTHING
        assert not work
        assert work.traceparent is None


@pytest.mark.parametrize("service", ["ingestion", "inference", "results", "query", "reconciler", "batch"])
def test_without_a_collector_neither_tracer_nor_exporter_is_imported(service: str) -> None:
    code = f"import sys, loupe_{service}.bootstrap, loupe_shared.entrypoint; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    imported = done.stdout.split()
    assert f"loupe_{service}.bootstrap" in imported
    # The client of the broker imports the SDK's metrics by itself.
    assert not {"opentelemetry.sdk.trace", "opentelemetry.exporter"} & set(imported)


def test_what_begins_within_a_span_is_its_child(collector: Collector) -> None:
    with traced("results"), span("outer") as outer:
        outer.note({"loupe.images": 3})
        with span("inner", "client", {"loupe.blobs": ["ü", "b"]}):
            pass
    inner, seen = collector.spans
    assert (inner.trace, inner.parent) == (seen.trace, seen.id)
    assert (inner.attributes, seen.attributes) == ({"loupe.blobs": ["ü", "b"]}, {"loupe.images": 3})
    assert {inner.service, seen.service} == {"loupe-results"}


def test_a_trace_goes_on_where_its_context_is_handed_on(collector: Collector) -> None:
    with traced("results"):
        with span("here") as here:
            context = here.traceparent

        def elsewhere() -> None:
            with span("there", parent=context):
                pass

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    first, second = collector.spans
    assert (second.trace, second.parent) == (first.trace, first.id)


def test_a_root_begins_a_trace_with_a_link(collector: Collector) -> None:
    with traced("reconciler"), span("sweep"), span("mend", root=True, links=[STRANGER, "what?"]):
        pass
    mend, sweep = collector.spans
    assert mend.trace != sweep.trace
    assert not mend.parent
    assert mend.links == ("cd" * 8, sweep.id)


def test_what_raises_has_failed(collector: Collector) -> None:
    with traced("results"), pytest.raises(StorageUnavailable), span("work"):
        raise StorageUnavailable("storage is away")
    (seen,) = collector.spans
    assert seen.has_failed


def test_what_is_not_sampled_is_not_sent_but_handed_on(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    with traced("results"):
        with span("work") as work:
            assert not work
            flags = int(str(work.traceparent)[-2:], 16)
            assert not flags & 1
        with span("sampled by who began it", parent=STRANGER):
            pass
    assert [seen.name for seen in collector.spans] == ["sampled by who began it"]


def test_the_service_can_be_called_otherwise(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "line-3")
    with traced("results"), span("work"):
        pass
    assert collector.spans[0].service == "line-3"


def test_another_protocol_is_refused(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf"), traced("results"):
        pass
    assert not collector.spans


def test_work_goes_on_without_its_collector(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, unused_port: int
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    started = time.monotonic()
    with traced("results"), span("work") as work:
        assert work
    assert time.monotonic() - started < 30
    assert "export" in caplog.text
