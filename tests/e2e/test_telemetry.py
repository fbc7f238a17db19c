"""What a running system tells of its work: numbers that match what was dropped, whole traces, and lines of JSON."""

import json
from collections.abc import Callable, Iterator

import httpx2
import pytest
from azure.storage.blob import ContainerClient, ContentSettings

from loupe_client import Loupe
from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import SERVICES, Stack, StackConfig
from loupe_shared.batch.job import State
from tests.collector import Collector, Seen, collecting
from tests.factories import BUNDLE, SAMPLES
from tests.metering import Scrape
from tests.waiting import wait_for

PHOTO = (SAMPLES / "flower.jpg").read_bytes()
TEXT = ContentSettings(content_type="text/plain")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Where traces go."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    """A system that is looked at in every way."""
    environment = (
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("LOUPE_LOG_FORMAT", "json"),
        ("LOUPE_SWEEP_INTERVAL_S", "3600"),
    )
    storage, ports = StoragePorts(free_port(), free_port()), {service: free_port() for service in SERVICES}
    state = tmp_path_factory.mktemp("observed")
    config = StackConfig(state, BUNDLE, free_port(), free_port(), storage, environment, metrics_ports=ports)
    with Stack(config) as stack:
        yield stack


@pytest.fixture(scope="module")
def dropped(observed: Stack) -> Iterator[ContainerClient]:
    """The container, in which are a picture, the same once more, a broken one, and what says that it is none."""
    with observed.azurite.blobs() as service:
        container = service.get_container_client(CONTAINER)
        container.upload_blob("a.jpg", PHOTO)
        container.upload_blob("broken.jpg", PHOTO[:1000])
        container.upload_blob("notes.txt", b"no picture", content_settings=TEXT)
        wait_for(lambda: written(observed) == 3, "the first results")
        container.upload_blob("again.jpg", PHOTO)
        wait_for(lambda: written(observed) == 4, "all results")
        yield container


def scrape(stack: Stack, service: str) -> Scrape:
    """What a service gives."""
    return Scrape.of(f"http://127.0.0.1:{stack.config.metrics_ports[service]}/metrics")


def written(stack: Stack) -> float:
    """Results that are in the archive."""
    stack.check()
    return scrape(stack, "results").value("loupe_results_written_total")


def is_idle(found: Scrape) -> bool:
    """Whether nothing is on its way."""
    return not found.value("loupe_outstanding_images") and not found.value("loupe_queue_open_jobs")


@pytest.mark.usefixtures("dropped")
def test_metrics_match_what_was_dropped(observed: Stack) -> None:
    ingestion, inference = scrape(observed, "ingestion"), scrape(observed, "inference")
    assert ingestion.value("loupe_events_total", ending="published") == 4
    assert ingestion.value("loupe_images_published_total", queue="classify") == 3
    assert ingestion.value("loupe_images_published_total", queue="store") == 1
    assert inference.value("loupe_images_total") == 3
    assert inference.value("loupe_images_total", outcome="classified", reason="") == 2
    assert inference.value("loupe_images_total", outcome="rejected", reason="truncated") == 1
    assert inference.value("loupe_images_recalled_total") == 1
    assert inference.value("loupe_stage_seconds_count", stage="fetch") == 2
    assert inference.value("loupe_stage_seconds_count", stage="inference") == 1
    assert inference.value("loupe_inference_batch_images_sum") == 1
    assert inference.value("loupe_worker_info", model="efficientnet-lite0:1", precision="fp32", device="cpu") == 1

    results = scrape(observed, "results")
    assert results.value("loupe_results_written_total", outcome="rejected") == 2
    assert results.value("loupe_results_shown_total") == 4
    assert results.value("loupe_upload_to_result_seconds_count") == 4
    assert results.value("loupe_messages_total", queue="store", ending="handled") >= 2


@pytest.mark.usefixtures("dropped")
def test_the_pipeline_as_a_whole_is_given_by_the_api(observed: Stack) -> None:
    httpx2.get(f"{observed.api}/v1/images/{CONTAINER}/a.jpg").raise_for_status()
    wait_for(lambda: is_idle(scrape(observed, "query")), "an idle system")
    found = scrape(observed, "query")
    assert found.value("loupe_broker_up") == 1
    assert found.value("loupe_oldest_outstanding_seconds") == 0
    assert {labels["queue"] for name, labels, _ in found.samples if name == "loupe_queue_jobs"} == {
        "classify",
        "backfill",
        "store",
    }
    assert found.value("loupe_dead_letters", source="events") == 0
    assert found.has("loupe_dead_letters")
    route = "/v1/images/{container}/{blob}"
    assert found.value("loupe_http_requests_total", method="GET", route=route, status="200") >= 1


def test_the_api_does_not_give_metrics(observed: Stack) -> None:
    assert httpx2.get(f"{observed.api}/metrics").status_code == httpx2.codes.NOT_FOUND


def test_sweeps_count(observed: Stack) -> None:
    found = wait_for(
        lambda: found if (found := scrape(observed, "reconciler")).value("loupe_sweeps_total") else None, ""
    )
    assert found.value("loupe_sweeps_total", ending="completed") == 1
    assert found.value("loupe_sweep_ended_timestamp_seconds") > 0


def ancestors(collector: Collector, span: Seen) -> list[Seen]:
    """A span, what caused it, what caused that, and so on."""
    by_id = {one.id: one for one in collector.spans}
    found = [span]
    while found[-1].parent in by_id:
        found.append(by_id[found[-1].parent])
    return found


def whole_trace(collector: Collector, blob: str) -> Callable[[], list[Seen] | None]:
    """Looks for the way of an image, from the document back to the event."""

    def find() -> list[Seen] | None:
        traces = {one.trace for one in collector.named("classify") if blob in _blobs(one)}
        for span in collector.named("write results"):
            found = ancestors(collector, span)
            if span.trace in traces and found[-1].name == "process events":
                return found
        return None

    return find


def _blobs(span: Seen) -> list[object]:
    blobs = span.attributes["loupe.blobs"]
    assert isinstance(blobs, list)
    return blobs


def test_one_trace_leads_from_the_event_to_the_document(
    observed: Stack, dropped: ContainerClient, collector: Collector
) -> None:
    dropped.upload_blob("traced.jpg", PHOTO)
    found = wait_for(whole_trace(collector, "traced.jpg"), "the trace")
    assert [(one.service, one.name) for one in found] == [
        ("loupe-results", "write results"),
        ("loupe-results", "process store"),
        ("loupe-inference", "publish store"),
        ("loupe-inference", "process classify"),
        ("loupe-ingestion", "publish classify"),
        ("loupe-ingestion", "process events"),
    ]
    assert not any(one.has_failed for one in found)
    observed.check()


def test_log_lines_are_json_and_name_their_trace(
    observed: Stack, dropped: ContainerClient, collector: Collector
) -> None:
    dropped.upload_blob("logged.jpg", PHOTO)
    (*_, event) = wait_for(whole_trace(collector, "logged.jpg"), "the trace")
    for service in SERVICES:
        log = observed.config.state / "logs" / f"{service}.log"
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert {line["service"] for line in lines} <= {service}
        if service in ("ingestion", "inference", "results"):
            assert event.trace in {line.get("trace_id") for line in lines}, service


@pytest.mark.usefixtures("dropped")
def test_a_batch_job_begins_traces_of_its_own(observed: Stack, collector: Collector) -> None:
    with Loupe(observed.api) as loupe:
        wait_for(lambda: any(worker.service == "backfill" for worker in loupe.pipeline().workers), "its worker")
        job = loupe.wait(loupe.submit(prefix="a", again=True).id)
    assert (job.state, job.counts.classified) == (State.COMPLETED, 2)
    (run,) = wait_for(lambda: collector.named("run batch job"), "its span")
    assert run.attributes["loupe.batch_job"] == job.id
    (publish,) = [span for span in collector.named("publish images") if span.links == (run.id,)]
    assert (publish.parent, publish.attributes["loupe.images"]) == ("", 2)
    assert "loupe-backfill" in {span.service for span in collector.spans if span.trace == publish.trace}
    batch, backfill = scrape(observed, "batch"), scrape(observed, "backfill")
    assert batch.value("loupe_batch_job_images_total", end="classified") == 2
    assert batch.value("loupe_batch_jobs_ended_total", state="completed") == 1
    assert batch.value("loupe_batch_jobs") == 0
    assert batch.has("loupe_batch_jobs")
    assert backfill.value("loupe_images_total", outcome="classified") == 2
