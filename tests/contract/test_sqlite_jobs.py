"""What only the store of batch jobs in a file must withstand."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.adapters.sqlite_jobs import SqliteJobs, jobs_path
from loupe_shared.adapters.stores import open_job_store
from loupe_shared.batch.job import ACTIVE, BatchJob
from loupe_shared.batch.ports import JobChanged
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.settings import StoreSettings
from tests.factories import batch_job, chunk


@pytest.mark.parametrize(
    ("results", "jobs"),
    [("a/results.sqlite", "a/results.jobs.sqlite"), ("r.v2.db", "r.v2.jobs.db"), ("results", "results.jobs")],
)
def test_the_file_lies_beside_that_of_the_results(results: str, jobs: str) -> None:
    assert jobs_path(Path(results)) == Path(jobs)


def test_the_settings_say_which_file(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    results = SqliteStore(path)
    store = open_job_store(StoreSettings(sqlite_path=path))
    store.check()
    store.create(batch_job())
    store.close()
    results.close()
    with closing(sqlite3.connect(tmp_path / "results.jobs.sqlite")) as other:
        assert other.execute("SELECT id FROM jobs").fetchall() == [(batch_job().id,)]


def test_a_file_that_is_damaged_while_in_use(tmp_path: Path) -> None:
    path = tmp_path / "results.jobs.sqlite"
    store = SqliteJobs(path)
    job = batch_job()
    store.create(job)
    store.close()
    path.write_bytes(b"no database" * 1000)
    (tmp_path / "results.jobs.sqlite-wal").unlink(missing_ok=True)
    questions: list[Callable[[], object]] = [
        store.check,
        lambda: store.find(job.id),
        lambda: store.page((), 10),
        lambda: store.chunks(job.id),
        lambda: store.failures(job.id, 10),
    ]
    for ask in questions:
        with pytest.raises(StoreUnavailable, match=r"results\.jobs\.sqlite cannot be read"):
            ask()
    changes: list[Callable[[], object]] = [lambda: store.create(batch_job(1)), lambda: store.replace(job)]
    for change in changes:
        with pytest.raises(StoreUnavailable, match=r"results\.jobs\.sqlite took no write"):
            change()
    store.close()


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.jobs.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE jobs (id TEXT)")
    with pytest.raises(ConfigurationError, match=r"jobs\.sqlite was made by another version of Loupe: move it away"):
        SqliteJobs(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]


def test_of_several_processes_that_change_a_job_at_once_one_does(tmp_path: Path) -> None:
    """Each of which has connections of its own."""
    stores = [SqliteJobs(tmp_path / "results.jobs.sqlite") for _ in range(4)]
    job = batch_job()
    stores[0].create(job, [chunk(number) for number in range(20)])

    def change(store: SqliteJobs) -> BatchJob | None:
        try:
            return store.replace(job, ended=job.revision)
        except JobChanged:
            return None

    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            (job,) = (one for one in threads.map(change, stores) if one)
    assert (job.revision, stores[3].chunks(job.id)) == (20, [])
    for store in stores:
        store.close()


def test_looking_for_active_jobs_reads_no_others(tmp_path: Path) -> None:
    store = SqliteJobs(tmp_path / "results.jobs.sqlite")
    statements: list[str] = []
    with store._file.snapshot() as connection:  # noqa: SLF001
        connection.set_trace_callback(statements.append)
    store.page(ACTIVE, 10)
    store.page((), 10, batch_job().id)
    store.failures(batch_job().id, 10)
    with store._file.snapshot() as connection:  # noqa: SLF001
        connection.set_trace_callback(None)
        plans = [
            " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
            for statement in statements
        ]
    assert len(plans) == 3
    assert not any("SCAN" in plan for plan in plans), plans
    assert "by_state" in plans[0]
    assert "TEMP B-TREE" not in plans[1] + plans[2]
    store.close()
