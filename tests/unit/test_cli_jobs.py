"""Batch jobs from the command line, over the application."""

import csv
import inspect
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from loupe_cli.commands.jobs import COMMANDS
from loupe_cli.commands.jobs.looking import StateName
from loupe_cli.commands.jobs.submit import submit
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.api.jobs import JobRequest
from loupe_shared.batch.job import BatchJob, ByFilter, ByPrefix, Chunk, Counts, Failure, Named, State
from loupe_shared.pipeline import WorkerReport
from tests.apps import archive
from tests.commands import loupe, said, shown
from tests.factories import NOON
from tests.unit.test_client import serving

UNKNOWN = "00000000000000-00000000"


class MovingJobs(MemoryJobs):
    """Jobs that go on by a step whenever somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[dict[str, Any]] = []

    def find(self, job_id: str) -> BatchJob | None:
        """The job after its next step."""
        job = super().find(job_id)
        if job and self.steps:
            return self.replace(job.model_copy(update=self.steps.pop(0)))
        return job

    @property
    def newest(self) -> BatchJob:
        """The job that was submitted last."""
        return self.page((), 1)[0]


class KnownOutputs:
    """A file that there is."""

    def exists(self, name: str) -> bool:
        """Whether it is this one."""
        return name == "there.csv"


@pytest.fixture
def store() -> MovingJobs:
    """Where jobs are kept."""
    return MovingJobs()


@pytest.fixture
def url(store: MovingJobs, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An API that is open, with a worker of batch jobs."""
    monkeypatch.setattr("loupe_client.jobs.FIRST_PAUSE_S", 0.01)
    workers = MemoryWorkers()
    workers.report(
        WorkerReport(service="backfill", name="a:1", model="test:1", started_at=NOON, images=0, images_per_minute=0)
    )
    with serving(archive(batch_jobs=store, workers=workers, outputs=KnownOutputs()), unused_port) as url:
        yield url


def submitted(url: str, *options: str) -> str:
    """The id of a job that is taken."""
    done = loupe("jobs", "submit", *(options or ("--prefix", "")), url=url)
    assert done.exit_code == 0, done.output
    id_ = done.stdout.strip()
    assert done.stderr == f"loupe: submitted for test:1: `loupe jobs watch {id_}` shows how far it is\n"
    return id_


def failed(store: MovingJobs, id_: str, *blobs: str) -> None:
    """Let a job end with failures."""
    job = store.find(id_)
    assert job
    job = store.replace(job, begun=Chunk(number=0, images=tuple(Named(blob=blob) for blob in blobs)))
    failures = [Failure(blob=blob, reason="corrupt", detail="no picture") for blob in blobs]
    counts = Counts(failed=len(blobs))
    ended = job.model_copy(update={"state": State.COMPLETED, "ended_at": NOON, "settled": counts})
    store.replace(ended, ended=0, failures=failures)


def test_blobs_of_the_container(url: str, store: MovingJobs) -> None:
    options = ("--prefix", "line 3/", "--glob", "**/*.jpg", "--model", "test:1", "--mini-batch-size", "7", "--again")
    submitted(url, *options, "--error-threshold", "5", "--max-retries", "0", "--output", "a.b.PARQUET")
    job = store.newest
    assert job.input == ByPrefix(prefix="line 3/", glob="**/*.jpg")
    assert (job.model, job.mini_batch_size, job.error_threshold, job.max_retries, job.again) == (
        "test:1",
        7,
        5,
        0,
        True,
    )
    assert job.output
    assert (job.output.name, job.output.format) == ("a.b.PARQUET", "parquet")


@pytest.mark.parametrize(
    ("options", "format_"), [((), "csv"), (("--format", "jsonl"), "jsonl"), (("--format", "csv"), "csv")]
)
def test_the_format_of_an_output(url: str, store: MovingJobs, options: tuple[str, ...], format_: str) -> None:
    submitted(url, "--prefix", "", "--output", "answers", *options)
    assert store.newest.output
    assert store.newest.output.format == format_


def test_what_the_archive_shows(url: str, store: MovingJobs) -> None:
    options = ("--label", "crack", "--max-score", "0.7", "--answered-by", "old:1", "--since", "2026-11-22T12:00+00:00")
    submitted(url, *options, "--not-reviewed", "--prefix", "line 3/")
    found = store.newest.input
    assert isinstance(found, ByFilter)
    assert found.filter.model_dump(exclude_none=True) == {
        "label": "crack",
        "max_score": 0.7,
        "model": "old:1",
        "since": NOON,
        "reviewed": False,
        "prefix": "line 3/",
    }


def test_names_of_a_file_and_of_standard_input(url: str, store: MovingJobs, tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_bytes("\ufeffü a.jpg\r\nb.jpg\n\nline 3/c.jpg".encode())
    id_ = submitted(url, "--names", str(file))
    assert [image.blob for image in store.chunks(id_)[0].images] == ["ü a.jpg", "b.jpg", "line 3/c.jpg"]
    done = loupe("jobs", "submit", "--names", "-", url=url, stdin="z.jpg\n")
    assert [image.blob for image in store.chunks(done.stdout.strip())[0].images] == ["z.jpg"]
    file.write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in said(2, "jobs", "submit", "--names", str(file), url=url)
    file.write_bytes(b"\n\n")
    assert "is empty" in said(2, "jobs", "submit", "--names", str(file), url=url)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "say which images"),
        (("--model", "test:1"), "say which images"),
        (("--names", "-", "--prefix", ""), "leave out --prefix"),
        (("--names", "-", "--label", "cat"), "leave out --prefix"),
        (("--glob", "*", "--label", "cat"), "leave out one of them"),
        (("--prefix", "", "--format", "csv"), "a file that --output names"),
        (("--glob", "a[b"), "has a [ without its ]"),
        (("--prefix", "", "--model", "test"), "body.model"),
        (("--prefix", "", "--model", "x:1"), "name one that is served (test:1)"),
        (("--prefix", "", "--output", "a/../b"), "segment '.' or '..'"),
    ],
)
def test_mistakes(url: str, store: MovingJobs, options: tuple[str, ...], says: str) -> None:
    assert says in said(2, "jobs", "submit", *options, url=url)
    assert store.page((), 1) == []


def test_what_stands_in_the_way(url: str) -> None:
    id_ = submitted(url)
    assert f"job {id_} does the same already" in said(1, "jobs", "submit", "--prefix", "", url=url)
    taken = ("--prefix", "a", "--output", "there.csv")
    assert "give the output another name" in said(1, "jobs", "submit", *taken, url=url)


def test_waiting_for_the_end(url: str, store: MovingJobs) -> None:
    running = {"state": State.RUNNING, "total": 40, "images_per_minute": 1204}
    store.steps = [
        running,
        running | {"settled": Counts(classified=20)},
        {
            "state": State.COMPLETED,
            "settled": Counts(classified=39, failed=1),
            "ended_at": NOON,
            "images_per_minute": 0,
        },
    ]
    done = loupe("jobs", "submit", "--prefix", "line 3/", "--wait", url=url)
    id_ = store.newest.id
    assert (done.exit_code, done.stderr.splitlines()) == (
        0,
        [
            f"loupe: waiting for job {id_}",
            f"loupe: `loupe jobs failures {id_}` tells why, `loupe jobs retry {id_}` tries them again",
        ],
    )
    page = [line.rstrip() for line in done.stdout.splitlines()]
    assert page[:4] == [f"{id_}: completed", "", f"done        40 of 40  {'█' * 30}", "classified        39"]


def test_the_progress_of_a_job(url: str, store: MovingJobs) -> None:
    id_ = submitted(url)
    running = {"state": State.RUNNING, "total": 40, "images_per_minute": 1204, "settled": Counts(classified=20)}
    store.steps = [running, running, {"state": State.COMPLETED, "settled": Counts(classified=40)}]
    bar = loupe("jobs", "watch", id_, url=url, FORCE_COLOR="1", TERM="xterm").stderr
    for words in ("running", "20/40", "1,204 per minute, until about "):
        assert words in bar


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELED])
def test_a_job_that_does_not_reach_its_end_has_a_code_of_its_own(url: str, store: MovingJobs, state: State) -> None:
    id_ = submitted(url)
    store.steps = [{"state": State.RUNNING}, {"state": state, "reason": "more than 3 images have failed"}]
    done = loupe("jobs", "watch", id_, url=url)
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (4, [f"{id_}: {state}", "more than 3 images have failed"])
    as_json = loupe("jobs", "watch", id_, "--json", url=url)
    assert (as_json.exit_code, json.loads(as_json.stdout)["state"]) == (4, state)


def test_lists_and_one_in_full(url: str, store: MovingJobs) -> None:
    assert loupe("jobs", "list", url=url).stderr == "loupe: there are no such jobs (yet)\n"
    first, second = submitted(url, "--glob", "*.jpg", "--output", "a.csv"), submitted(url, "--label", "cat")
    third = submitted(url, "--prefix", "")
    table = [line.split() for line in shown("jobs", "list", url=url).splitlines()]
    assert table[0] == ["job", "state", "input", "model", "done", "failed", "submitted"]
    assert [row[:3] for row in table[1:]] == [
        [third, "queued", "the"],
        [second, "queued", "label=cat"],
        [first, "queued", "*.jpg"],
    ]
    assert [json.loads(line)["id"] for line in shown("jobs", "list", "--json", "-n", "2", url=url).splitlines()] == [
        third,
        second,
    ]
    store.steps = [{"state": State.PAUSED}]
    page = shown("jobs", "show", first, url=url)
    for words in ("paused", "*.jpg", "test:1", "32 images per message, up to 3 retries", "a.csv (csv)", "by anonymous"):
        assert words in page
    assert [json.loads(shown("jobs", "list", "--json", "--state", "paused", url=url))["id"]] == [first]
    assert json.loads(shown("jobs", "show", first, "--json", url=url))["state"] == "paused"


def test_pausing_resuming_and_canceling(url: str) -> None:
    id_ = submitted(url)
    for action, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "canceled"), ("cancel", "canceled")):
        assert shown("jobs", action, id_, url=url) == f"{id_}  {state}  the whole container\n"
    assert json.loads(shown("jobs", "cancel", id_, "--json", url=url))["state"] == "canceled"
    assert said(1, "jobs", "pause", id_, url=url) == f"loupe: job {id_} is canceled, which is final\n"


def test_failures_and_trying_them_again(url: str, store: MovingJobs) -> None:
    id_ = submitted(url)
    assert loupe("jobs", "failures", id_, url=url).stderr == "loupe: no image has failed (yet)\n"
    failed(store, id_, "=a.jpg", "b.jpg", "\x1b[2J.jpg")
    table = shown("jobs", "failures", id_, url=url)
    assert table.splitlines()[2].split() == ["b.jpg", "corrupt", "no", "picture"]
    assert "�[2J.jpg" in table
    rows = list(csv.DictReader(io.StringIO(shown("jobs", "failures", id_, "--csv", "-n", "1", url=url))))
    assert rows == [{"blob": "'=a.jpg", "reason": "corrupt", "detail": "no picture"}]
    lines = shown("jobs", "failures", id_, "--json", url=url).splitlines()
    assert [json.loads(line)["blob"] for line in lines] == ["=a.jpg", "b.jpg", "\x1b[2J.jpg"]
    assert "either --json or --csv" in said(2, "jobs", "failures", id_, "--json", "--csv", url=url)

    again = loupe("jobs", "retry", id_, "--output", "again.jsonl", url=url).stdout.strip()
    assert [image.blob for image in store.chunks(again)[0].images] == ["=a.jpg", "b.jpg", "\x1b[2J.jpg"]
    assert store.newest.output
    assert store.newest.output.format == "jsonl"
    assert f"3 failures of {id_}" in shown("jobs", "show", again, url=url)
    assert "can be tried again when it has ended" in said(1, "jobs", "retry", again, url=url)
    store.steps = [{"state": State.COMPLETED}]
    assert shown("jobs", "watch", again, url=url).startswith(f"{again}: completed")
    store.steps = [{}, {"state": State.COMPLETED}]
    waited = loupe("jobs", "retry", id_, "--wait", "--json", url=url)
    assert (waited.exit_code, json.loads(waited.stdout)["state"]) == (0, "completed")


@pytest.mark.parametrize("command", [name for name, *_ in COMMANDS if name not in ("submit", "list")])
def test_a_job_that_there_is_not(url: str, command: str) -> None:
    assert said(1, "jobs", command, UNKNOWN, url=url) == f"loupe: there is no job {UNKNOWN}\n"
    assert "path.id" in said(2, "jobs", command, "7", url=url)


@pytest.mark.parametrize("command", [name for name, *_ in COMMANDS])
def test_an_api_that_does_not_answer(command: str) -> None:
    options = {"submit": ("--prefix", ""), "list": ()}.get(command, (UNKNOWN,))
    assert "does not answer" in said(3, "jobs", command, *options)


def test_help_has_an_example_of_every_command() -> None:
    page = loupe("jobs", "--help").stdout
    for command, *_ in COMMANDS:
        assert f" {command} " in page
        assert f"$ loupe jobs {command}" in loupe("jobs", command, "--help").stdout.replace("\n", " ")


def test_options_have_the_values_of_the_api() -> None:
    assert get_args(StateName) == tuple(State)
    options = inspect.signature(submit).parameters
    for name in ("mini_batch_size", "error_threshold", "max_retries"):
        assert JobRequest.model_fields[name].default == options[name].default
