"""What a checkup finds, and what it tells to do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from loupe_cli.checkup import judge
from loupe_cli.checkup.findings import Finding, Level
from loupe_query.access.keys import hash_key, new_key
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.memory import MemoryLetters
from loupe_query.operate.office import Office
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.adapters.memory_workers import MemoryWorkers
from loupe_shared.api.access import Me, Scope
from loupe_shared.api.operate import Source
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import Backlog, QueueDepth, WorkerReport
from loupe_shared.result import Precision
from tests.apps import archive
from tests.commands import loupe
from tests.factories import NOON
from tests.unit.test_client import serving

READER = Me(name="a", scopes=(Scope.READ,))


def report(service: str, name: str = "a:1", model: str | None = None) -> WorkerReport:
    """What a worker says."""
    precision = Precision.FP32 if model else None
    return WorkerReport(
        service=service, name=name, model=model, precision=precision, started_at=NOON, images=1, images_per_minute=1
    )


class GrowingQueues:
    """More comes than is done, and some of it is dead."""

    def __init__(self) -> None:
        self._outstanding = 0

    def backlog(self) -> Backlog:
        """More at each look."""
        self._outstanding += 10
        queues = (QueueDepth(name="classify", waiting=1, running=0, dead=2),)
        return Backlog(outstanding=self._outstanding, queues=queues)


class AwayQueues:
    """The broker does not answer."""

    def backlog(self) -> Backlog:
        """Fail."""
        raise BrokerUnavailable("the broker is away")


@pytest.fixture
def workers() -> MemoryWorkers:
    """One of each, and one more that has another model."""
    workers = MemoryWorkers()
    for one in (report("results"), report("inference", model="a:1"), report("inference", "b:1", "a:2")):
        workers.report(one)
    return workers


def test_trouble_with_what_is_on_its_way(workers: MemoryWorkers, unused_port: int) -> None:
    events = MemoryLetters(Source.EVENTS, Jobs(MemoryOutstanding(), MemoryPublisher()))
    events.bury("{", "it is no JSON")
    over = archive(queues=GrowingQueues(), workers=workers, office=Office([events]))
    with serving(over, unused_port) as url:
        done = loupe("doctor", "--pause", "0", url=url, LOUPE_KEY="")
    assert (done.exit_code, done.stderr) == (1, "")
    for line in (
        f"ok       {url} answers and is ready\n",
        "ok       the clocks here and at the API agree\n",
        "ok       the API has the version of this program, ",
        "ok       you are anonymous, who may ",
        "ok       2 inference workers at work\nok       1 results worker at work\n",
        "warning  workers answer with different models: a:1 (fp32), a:2 (fp32)\n         → ",
        "bad      2 jobs can never be handled (2 of classify)\n         → `loupe dead-letters list` shows them",
        "warning  20 images on the way, and 10 more than a moment ago\n         → ",
        "bad      1 event could not be read: what they tell of is not classified\n         → `loupe dead-letters list",
        "bad      links lead to storage.invalid, which cannot be reached from here: ",
    ):
        assert line in done.stdout


def test_no_workers_and_no_broker(unused_port: int) -> None:
    with serving(archive(), unused_port) as url:
        done = loupe("doctor", url=url)
    assert done.exit_code == 1
    assert "warning  no inference worker has reported for 20 s, and nothing waits for one\n" in done.stdout
    assert "bad      no results worker has reported for 20 s: no answer reaches the archive\n" in done.stdout


def test_a_broker_that_is_away(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_client.connection.FIRST_WAIT_S", 0)
    with serving(archive(queues=AwayQueues()), unused_port) as url:
        done = loupe("doctor", url=url)
    assert done.exit_code == 1
    assert "cannot do that now (" in done.stdout
    assert "→ try again soon" in done.stdout
    assert "links lead to" in done.stdout  # what is wrong with one does not end the others


@pytest.fixture
def guarded(unused_port: int, tmp_path: Path, workers: MemoryWorkers) -> Iterator[tuple[str, str]]:
    """An API that wants a key, and one that may read."""
    key = new_key()
    (tmp_path / "keys.json").write_text(json.dumps([{"name": "a", "sha256": hash_key(key), "scopes": ["read"]}]))
    with serving(archive(workers=workers), unused_port, api_keys_file=tmp_path / "keys.json") as url:
        yield url, key


def test_a_key_that_may_read_only_and_none(guarded: tuple[str, str]) -> None:
    url, key = guarded
    done = loupe("doctor", url=url, LOUPE_KEY=key)
    assert done.exit_code == 0
    assert "warning  you are a, who may read: uploads and reviews are refused\n" in done.stdout
    assert "warning  events that were set aside were not looked at\n" in done.stdout
    assert "warning  links for uploads were not looked at\n" in done.stdout
    done = loupe("doctor", url=url)
    assert done.exit_code == 1
    assert "bad      an API key or a bearer token is needed\n         → pass a key" in done.stdout


def level(finding: Finding) -> Level:
    """How bad it is. Whoever is told that something is wrong is told what to do."""
    assert (finding.level is Level.OK) == (finding.remedy == "")
    return finding.level


@pytest.mark.parametrize(
    ("difference_s", "expected", "says"),
    [
        (-2, Level.OK, "agree"),
        (30, Level.WARNING, "30 s behind the API's"),
        (-30, Level.WARNING, "30 s ahead of the API's"),
        (300, Level.BAD, "300 s behind"),
    ],
)
def test_clocks(difference_s: float, expected: Level, says: str) -> None:
    found = judge.clocks(difference_s)
    assert (level(found), says in found.what) == (expected, True)


def test_versions_and_callers() -> None:
    assert level(judge.versions("1", "1")) is Level.OK
    assert level(judge.versions("1", "2")) is Level.WARNING
    assert level(judge.caller(READER.model_copy(update={"scopes": tuple(Scope)}))) is Level.OK
    assert level(judge.caller(READER)) is Level.WARNING
    assert level(judge.caller(READER.model_copy(update={"scopes": ()}))) is Level.BAD


def test_backlogs() -> None:
    assert [level(judge.backlog(before, after)) for before, after in ((0, 0), (9, 0), (9, 9), (9, 3), (3, 9))] == [
        *[Level.OK] * 4,
        Level.WARNING,
    ]


@pytest.mark.parametrize(
    ("queue", "expected", "says"),
    [
        (QueueDepth(name="classify", waiting=0, running=0, dead=1), Level.WARNING, "nothing waits for one"),
        (QueueDepth(name="backfill", waiting=3, running=1, dead=0), Level.WARNING, "nothing waits for one"),
        (QueueDepth(name="classify", waiting=1, running=0, dead=0), Level.BAD, "nothing is being classified"),
        (QueueDepth(name="classify", waiting=0, running=1, dead=0), Level.BAD, "nothing is being classified"),
    ],
)
def test_no_inference_worker_is_bad_if_something_waits_for_one(
    workers: MemoryWorkers, queue: QueueDepth, expected: Level, says: str
) -> None:
    seen = [worker for worker in workers.all() if worker.service == "results"]
    found = next(judge.workers(Pipeline(outstanding=100, queues=(queue,), workers=tuple(seen))))
    assert (level(found), says in found.what) == (expected, True)


def test_a_system_that_waits_for_pictures_without_inference_workers_is_well(
    workers: MemoryWorkers, unused_port: int
) -> None:
    workers.remove("inference", "a:1")
    workers.remove("inference", "b:1")
    with serving(archive(workers=workers), unused_port) as url:
        done = loupe("doctor", url=url)
    found = [line for line in done.stdout.splitlines() if line.startswith("bad")]
    assert [line for line in found if "links lead to" not in line] == []


def test_all_is_well(workers: MemoryWorkers) -> None:
    workers.remove("inference", "b:1")
    seen = Pipeline(outstanding=0, queues=(), workers=tuple(workers.all()))
    assert {level(found) for found in judge.pipeline(seen, seen)} == {Level.OK}
