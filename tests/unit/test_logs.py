"""Log lines as JSON."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from loupe_shared.telemetry.logs import JsonLines
from loupe_shared.telemetry.tracing import span, traced
from tests.collector import collecting

log = logging.getLogger("loupe_test")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged in a process of the results service."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("results"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield stream
    log.removeHandler(handler)


def lines(written: io.StringIO) -> list[dict[str, str]]:
    """What was logged."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line(written: io.StringIO) -> None:
    log.info("%d results of\n“ü”", 5)
    (line,) = lines(written)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "INFO", "service": "results", "logger": "loupe_test", "message": "5 results of\n“ü”"}


def test_an_exception_is_one_line(written: io.StringIO) -> None:
    try:
        raise KeyError("what")  # noqa: TRY301  (that is the test)
    except KeyError:
        log.exception("failed")
    (line,) = lines(written)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("KeyError: 'what'")


def test_lines_within_a_span_name_it(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        with traced("results"):
            log.info("before")
            with span("work"):
                log.info("within")
        (seen,) = collector.spans
    before, within = lines(written)
    assert "trace_id" not in before
    assert (within["trace_id"], within["span_id"]) == (seen.trace, seen.id)
