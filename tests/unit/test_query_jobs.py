"""Batch jobs as people submit, see and change them, through the API."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from loupe_query.jobs import desk as desk_module
from loupe_query.jobs.desk import Desk
from loupe_query.jobs.errors import JobConflict
from loupe_shared.adapters.memory import MemoryAnnouncer, MemoryChanges
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.api.jobs import Job, JobCounts, JobRequest
from loupe_shared.batch.job import BatchJob, Chunk, Counts, Failure, Lease, Named, State
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import WorkerReport
from tests.apps import api, archive
from tests.factories import NOON

PATH = "/v1/jobs"
MODEL = "test:1"
UNKNOWN = "00000000000000-00000000"


class KnownOutputs:
    """Files that there are."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def exists(self, name: str) -> bool:
        """Whether it is one of them."""
        return name in self.names


def worker(model: str | None, service: str = "backfill", name: str = "a:1") -> WorkerReport:
    """A worker that serves a model."""
    return WorkerReport(service=service, name=name, model=model, started_at=NOON, images=0, images_per_minute=0)


@pytest.fixture
def store() -> MemoryJobs:
    """Where jobs are kept."""
    return MemoryJobs()


@pytest.fixture
def workers() -> MemoryWorkers:
    """A worker of batch jobs, and one of what is new."""
    workers = MemoryWorkers()
    workers.report(worker(MODEL))
    workers.report(worker("live:7", "inference"))
    return workers


@pytest.fixture
def changes() -> MemoryChanges:
    """What is announced."""
    return MemoryChanges()


@pytest.fixture
def client(store: MemoryJobs, workers: MemoryWorkers, changes: MemoryChanges) -> Iterator[TestClient]:
    """A client of the API."""
    over = archive(batch_jobs=store, workers=workers, outputs=KnownOutputs("there.csv"), announcer=changes)
    with api(over, raises=True) as client:
        yield client


def submitted(client: TestClient, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    """A job that is taken."""
    answer = client.post(PATH, json=body or {"prefix": ""})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx2.Response, status: int) -> str:
    """What is said of a request that is refused."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    return str(answer.json()["detail"])


def changed(store: MemoryJobs, id_: str, **values: Any) -> BatchJob:  # noqa: ANN401
    """A job after its runner has changed it."""
    job = store.find(id_)
    assert job
    return store.replace(job.model_copy(update=values))


def failed(store: MemoryJobs, id_: str, *blobs: str, chunk: int = 0) -> None:
    """Let blobs fail in a chunk of a job."""
    job = store.find(id_)
    assert job
    job = store.replace(job, begun=Chunk(number=chunk, images=tuple(Named(blob=blob) for blob in blobs)))
    store.replace(job, ended=chunk, failures=[Failure(blob=b, reason="corrupt", detail="no picture") for b in blobs])


def test_a_job_is_taken_kept_and_announced(client: TestClient, store: MemoryJobs, changes: MemoryChanges) -> None:
    started = now()
    answer = client.post(PATH, json={"prefix": "line 3/", "glob": "line 3/**/*.jpg", "mini_batch_size": 7})
    assert answer.status_code == 201
    job = Job.model_validate(answer.json())
    assert answer.headers["Location"] == f"{PATH}/{job.id}"
    assert client.get(answer.headers["Location"]).json() == answer.json()
    assert (changes.events, [json.loads(document) for document in changes.documents]) == (["job"], [answer.json()])
    kept = store.find(job.id)
    assert kept
    assert (kept.state, kept.model, kept.mini_batch_size, kept.error_threshold) == (State.QUEUED, MODEL, 7, -1)
    assert (kept.max_retries, kept.again, kept.output, kept.submitted_by) == (3, False, None, "anonymous")
    assert answer.json()["input"] == {"kind": "prefix", "prefix": "line 3/", "glob": "line 3/**/*.jpg"}
    assert started <= kept.submitted_at <= now()
    assert (kept.total, kept.is_planned, store.chunks(job.id)) == (None, False, [])


def test_names_are_cut_into_chunks_in_which_each_stands_once(client: TestClient, store: MemoryJobs) -> None:
    names = [f"{n}.jpg" for n in range(2500)]
    job = submitted(client, names=[*names, "7.jpg"])
    assert (job["input"]["kind"], job["input"]["count"], job["total"]) == ("names", 2500, 2500)
    chunks = store.chunks(job["id"])
    assert [(chunk.number, len(chunk.images)) for chunk in chunks] == [(0, 1000), (1, 1000), (2, 500)]
    assert [image.blob for chunk in chunks for image in chunk.images] == names
    kept = store.find(job["id"])
    assert kept
    assert (kept.planned, kept.chunks, kept.is_planned) == (2500, 3, True)


def test_as_many_names_as_are_allowed_fit_into_a_request(client: TestClient) -> None:
    folder = "a folder whose name is about as long as those of folders are/" * 2
    assert submitted(client, names=[f"{folder}{n}.jpg" for n in range(50_000)])["total"] == 50_000
    assert "50000" in refused(client.post(PATH, json={"names": [str(n) for n in range(50_001)]}), 422)
    assert "bytes" in refused(client.post(PATH, content=b" " * 10_000_001), 413)


def test_a_filter_is_kept_as_it_is(client: TestClient) -> None:
    wanted = {"label": "crack", "max_score": 0.7, "since": "2026-11-22T12:00:00Z"}
    found = submitted(client, filter=wanted)["input"]
    assert {name: value for name, value in found["filter"].items() if value is not None} == wanted


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "give one input"),
        ({"prefix": "", "names": ["a"]}, "give one input"),
        ({"glob": "*", "filter": {}}, "give one input"),
        ({"names": ["a"], "filter": {}}, "give one input"),
        ({"glob": ""}, "an empty pattern matches nothing"),
        ({"glob": "a[b"}, "has a [ without its ]"),
        ({"glob": "[z-a]"}, "cannot be read"),
        ({"names": []}, "at least 1 item"),
        ({"names": [""]}, "at least 1 character"),
        ({"names": ["a" * 1025]}, "at most 1024 characters"),
        ({"names": ["a", "b\x00c.jpg", "../d/e.jpg"]}, r"no blob can be called 'b\x00c.jpg', '../d/e.jpg': leave out"),
        ({"names": ["..", "a/..", "./b", "c/./d", "\n"]}, "called '..', 'a/..', './b' and 2 more: leave out names"),
        ({"prefix": "a\x01"}, "body.prefix: Value error, no blob has such a name: leave out control characters"),
        ({"glob": "*\x85"}, "body.glob: Value error, no blob has such a name: leave out control characters"),
        ({"filter": {"min_score": 2}}, "less than or equal to 1"),
        ({"filter": {"sort": "score"}}, "not permitted"),
        ({"prefix": "", "model": "efficientnet"}, "body.model"),
        ({"prefix": "", "model": "efficientnet:0"}, "body.model"),
        ({"prefix": "", "mini_batch_size": 0}, "greater than or equal to 1"),
        ({"prefix": "", "error_threshold": -2}, "greater than or equal to -1"),
        ({"prefix": "", "max_retries": 11}, "less than or equal to 10"),
        ({"prefix": "", "output": {"name": "a/../b"}}, "segment '.' or '..'"),
        ({"prefix": "", "output": {"name": "a", "format": "xlsx"}}, "body.output.format"),
        ({"prefix": "", "priority": 1}, "not permitted"),
        ([], "body"),
    ],
)
def test_requests_that_make_no_sense(client: TestClient, store: MemoryJobs, body: object, says: str) -> None:
    assert says in refused(client.post(PATH, json=body), 422)
    assert store.page((), 10) == []


def test_the_model_is_the_one_that_workers_of_batch_jobs_serve(client: TestClient, workers: MemoryWorkers) -> None:
    assert submitted(client, prefix="a")["model"] == MODEL
    assert submitted(client, prefix="b", model=MODEL)["model"] == MODEL
    assert "name one that is served (test:1)" in refused(client.post(PATH, json={"prefix": "c", "model": "x:1"}), 422)
    workers.report(worker("test:2", name="b:1"))
    assert "name one in `model` (test:1, test:2)" in refused(client.post(PATH, json={"prefix": "c"}), 422)
    assert submitted(client, prefix="c", model="test:2")["model"] == "test:2"


@pytest.mark.parametrize("model", [None, "live:7"])
def test_without_workers_that_say_so_the_model_must_be_named(model: str | None) -> None:
    workers = MemoryWorkers()
    workers.report(worker(None))
    workers.report(worker(model, "inference"))
    with api(archive(workers=workers)) as client:
        assert "name it in `model`" in refused(client.post(PATH, json={"prefix": ""}), 422)
        assert submitted(client, prefix="", model="later:1")["model"] == "later:1"


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        ({"prefix": ""}, {"prefix": "", "again": True}, {"prefix": "a"}),
        ({"glob": "*.jpg"}, {"prefix": "", "glob": "*.jpg"}, {"glob": "*.png"}),
        ({"names": ["a", "b"]}, {"names": ["b", "a", "b"]}, {"names": ["a", "c"]}),
        ({"filter": {"label": "cat"}}, {"filter": {"label": "cat", "model": None}}, {"filter": {"label": "dog"}}),
    ],
)
def test_two_active_jobs_do_not_do_the_same(
    client: TestClient, workers: MemoryWorkers, first: dict[str, Any], same: dict[str, Any], other: dict[str, Any]
) -> None:
    job = submitted(client, **first)
    client.post(f"{PATH}/{job['id']}/pause")
    said = refused(client.post(PATH, json=same), 409)
    assert said == f"job {job['id']} does the same already (paused): wait for it, or cancel it"
    submitted(client, **other)
    workers.report(worker("test:2", name="b:1"))
    submitted(client, **same, model="test:2")
    client.post(f"{PATH}/{job['id']}/cancel")
    submitted(client, **same, model=MODEL)


def test_the_same_is_found_among_very_many(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "MAX_JOBS", 2)
    ids = [submitted(client, prefix=str(n))["id"] for n in range(5)]
    for n, id_ in enumerate(ids):
        assert id_ in refused(client.post(PATH, json={"prefix": str(n)}), 409)


def test_who_submits_twice_in_one_moment_has_one_job(store: MemoryJobs, workers: MemoryWorkers) -> None:
    desk, barrier, outcomes = Desk(store, workers, None, MemoryAnnouncer()), threading.Barrier(8), list[str]()

    def submit() -> None:
        barrier.wait()
        try:
            outcomes.append(desk.submit(JobRequest(prefix=""), "Ada").state)
        except JobConflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["queued", *["refused"] * 7]
    assert len(store.page((), 10)) == 1


def test_an_output_is_a_file_that_there_is_not(client: TestClient) -> None:
    job = submitted(client, prefix="", output={"name": "line 3.parquet", "format": "parquet"})
    assert job["output"] == {"name": "line 3.parquet", "format": "parquet"}
    for name, says in (("there.csv", "the file there.csv exists already"), ("line 3.parquet", "is to write")):
        answer = client.post(PATH, json={"prefix": "a", "output": {"name": name}})
        assert says in refused(answer, 409)
        assert answer.json()["detail"].endswith("give the output another name")
    assert len(client.get(PATH).json()["jobs"]) == 1


def test_without_a_container_there_are_no_outputs(workers: MemoryWorkers) -> None:
    with api(archive(workers=workers)) as client:
        answer = client.post(PATH, json={"prefix": "", "output": {"name": "a.csv"}})
        assert "LOUPE_OUTPUT_CONTAINER" in refused(answer, 501)
        assert client.get(PATH).json() == {"jobs": [], "next": None}


def test_lists_have_the_newest_first_and_go_on_where_they_were(client: TestClient, store: MemoryJobs) -> None:
    ids = [submitted(client, prefix=str(n))["id"] for n in range(5)]
    changed(store, ids[1], state=State.COMPLETED)
    first = client.get(PATH, params={"limit": 2}).json()
    submitted(client, prefix="new")
    second = client.get(PATH, params={"limit": 2, "cursor": first["next"]}).json()
    last = client.get(PATH, params={"limit": 1, "cursor": second["next"]}).json()
    assert [job["id"] for page in (first, second, last) for job in page["jobs"]] == ids[::-1]
    assert last["next"] is None
    assert [job["id"] for job in client.get(PATH, params={"state": "completed"}).json()["jobs"]] == [ids[1]]


def test_a_job_shows_how_far_it_is_and_when_it_ends(client: TestClient, store: MemoryJobs) -> None:
    id_ = submitted(client)["id"]
    counts, open_ = Counts(classified=40, skipped=5, failed=3), Counts(classified=1, gone=1)
    progress = {"settled": counts, "open": open_, "total": 110, "images_per_minute": 30}
    changed(store, id_, state=State.RUNNING, started_at=now(), **progress)
    seen = Job.model_validate(client.get(f"{PATH}/{id_}").json())
    assert seen.counts == JobCounts(classified=41, skipped=5, failed=3, gone=1)
    assert seen.estimated_end
    assert abs(seen.estimated_end - now() - timedelta(minutes=2)) < timedelta(seconds=10)


def test_pausing_resuming_and_canceling_may_be_done_twice(
    client: TestClient, store: MemoryJobs, changes: MemoryChanges
) -> None:
    id_ = submitted(client)["id"]
    changed(store, id_, state=State.RUNNING, lease=Lease(runner="a", until=NOON), images_per_minute=9)
    for action, state in (("pause", "paused"), ("resume", "queued"), ("pause", "paused"), ("cancel", "canceled")):
        once, twice = (client.post(f"{PATH}/{id_}/{action}") for _ in range(2))
        assert once.json() == twice.json() == client.get(f"{PATH}/{id_}").json()
        assert (once.json()["state"], once.json()["images_per_minute"]) == (state, 0)
        assert json.loads(changes.documents[-1]) == once.json()
    assert len(changes.documents) == 5
    kept = store.find(id_)
    assert kept
    assert kept.lease is None
    assert kept.ended_at
    assert now() - kept.ended_at < timedelta(seconds=10)


def test_a_job_that_runs_is_not_begun_anew_by_resuming_it(client: TestClient, store: MemoryJobs) -> None:
    id_ = submitted(client)["id"]
    running = changed(store, id_, state=State.RUNNING)
    assert client.post(f"{PATH}/{id_}/resume").json()["state"] == "running"
    assert store.find(id_) == running


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (State.COMPLETED, "pause"),
        (State.COMPLETED, "resume"),
        (State.COMPLETED, "cancel"),
        (State.FAILED, "cancel"),
        (State.CANCELED, "resume"),
        (State.CANCELED, "pause"),
    ],
)
def test_what_is_final_stays(client: TestClient, store: MemoryJobs, state: State, action: str) -> None:
    id_ = submitted(client)["id"]
    final = changed(store, id_, state=state, ended_at=NOON)
    assert refused(client.post(f"{PATH}/{id_}/{action}"), 409) == f"job {id_} is {state}, which is final"
    assert store.find(id_) == final


class BusyJobs(MemoryJobs):
    """A store in which the job goes on between a look and a change, once or until it has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[dict[str, object]] = []

    def find(self, job_id: str) -> BatchJob | None:
        """The job as it was before a step of its runner."""
        job = super().find(job_id)
        if job and self.steps:
            super().replace(job.model_copy(update=self.steps.pop(0)))
        return job


def test_a_change_that_comes_too_late_is_thought_over(workers: MemoryWorkers) -> None:
    store = BusyJobs()
    with api(archive(batch_jobs=store, workers=workers), raises=True) as client:
        first, second = submitted(client, prefix="a")["id"], submitted(client, prefix="b")["id"]
        store.steps = [{"settled": Counts(classified=7)}]
        paused = client.post(f"{PATH}/{first}/pause").json()
        assert (paused["state"], paused["counts"]["classified"]) == ("paused", 7)
        store.steps = [{"state": State.COMPLETED}]
        assert "is completed" in refused(client.post(f"{PATH}/{second}/cancel"), 409)


def test_failures_are_listed_part_by_part(client: TestClient, store: MemoryJobs) -> None:
    id_ = submitted(client)["id"]
    failed(store, id_, "a", "b")
    failed(store, id_, "c", chunk=1)
    first = client.get(f"{PATH}/{id_}/failures", params={"limit": 2}).json()
    second = client.get(f"{PATH}/{id_}/failures", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["blob"] for page in (first, second) for one in page["failures"]] == ["a", "b", "c"]
    assert second == {"failures": [{"blob": "c", "reason": "corrupt", "detail": "no picture"}], "next": None}


def test_the_failures_of_a_job_are_tried_again_as_it_says(client: TestClient, store: MemoryJobs) -> None:
    settings = {"mini_batch_size": 5, "error_threshold": 2, "max_retries": 1}
    id_ = submitted(client, prefix="", output={"name": "a.csv"}, **settings)["id"]
    failed(store, id_, "a", "b")
    failed(store, id_, "c", "a", chunk=1)
    assert "can be tried again when it has ended" in refused(client.post(f"{PATH}/{id_}/retry"), 409)
    changed(store, id_, state=State.FAILED)
    answer = client.post(f"{PATH}/{id_}/retry")
    job = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{PATH}/{job['id']}")
    assert (job["input"]["count"], job["input"]["retries"], job["output"]) == (3, id_, None)
    assert job["model"] == MODEL
    assert {name: job[name] for name in settings} == settings
    assert job["again"]
    assert [image.blob for chunk in store.chunks(job["id"]) for image in chunk.images] == ["a", "b", "c"]
    assert job["id"] in refused(client.post(f"{PATH}/{id_}/retry", json={}), 409)
    client.post(f"{PATH}/{job['id']}/cancel")
    named = client.post(f"{PATH}/{id_}/retry", json={"output": {"name": "b.csv"}})
    assert named.json()["output"] == {"name": "b.csv", "format": "csv"}


def test_of_nothing_and_of_too_much_nothing_is_tried_again(
    client: TestClient, store: MemoryJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = submitted(client)["id"]
    changed(store, id_, state=State.COMPLETED)
    assert "no image has failed" in refused(client.post(f"{PATH}/{id_}/retry"), 409)
    many = submitted(client, prefix="a")["id"]
    for chunk in range(3):
        failed(store, many, *(f"{chunk}.{n}" for n in range(4)), chunk=chunk)
    changed(store, many, state=State.COMPLETED)
    monkeypatch.setattr(desk_module, "MAX_NAMES", 8)
    monkeypatch.setattr(desk_module, "MAX_FAILURES", 4)
    assert "more than 8 images" in refused(client.post(f"{PATH}/{many}/retry"), 409)
    assert "body.output" in refused(client.post(f"{PATH}/{many}/retry", json={"output": {}}), 422)


def test_a_model_that_is_gone_is_not_tried_again(client: TestClient, store: MemoryJobs, workers: MemoryWorkers) -> None:
    id_ = submitted(client)["id"]
    failed(store, id_, "a")
    changed(store, id_, state=State.COMPLETED)
    workers.report(worker("test:2"))
    assert "no worker of batch jobs serves test:1" in refused(client.post(f"{PATH}/{id_}/retry"), 422)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/failures"),
        *(("POST", f"/{action}") for action in ("pause", "resume", "cancel", "retry")),
    ],
)
def test_a_job_that_there_is_not(client: TestClient, method: str, path: str) -> None:
    assert refused(client.request(method, f"{PATH}/{UNKNOWN}{path}"), 404) == f"there is no job {UNKNOWN}"
    assert "body" not in refused(client.request(method, f"{PATH}/7{path}"), 422)


@pytest.mark.parametrize(
    "path", ["?state=lost", "?limit=101", "?cursor=7", "?label=cat", f"/{UNKNOWN}/failures?cursor=1", "?limit=0"]
)
def test_lists_that_make_no_sense(client: TestClient, path: str) -> None:
    refused(client.get(f"{PATH}{path}"), 422)


class AwayAnnouncer(MemoryAnnouncer):
    """A broker that is away."""

    def announce(self, *_: object, **__: object) -> None:
        """Fail."""
        raise BrokerUnavailable("the broker is away")


def test_a_job_is_taken_though_nobody_hears_of_it(
    store: MemoryJobs, workers: MemoryWorkers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with api(archive(batch_jobs=store, workers=workers, announcer=AwayAnnouncer())) as client:
        assert store.find(submitted(client)["id"])
    assert "a batch job was not announced: the broker is away" in caplog.text
