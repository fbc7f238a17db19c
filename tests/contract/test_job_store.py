"""What every store of batch jobs promises, on each of them."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import CosmosClient

from loupe_shared.adapters.cosmos_jobs import CosmosJobs, create_job_container
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.sqlite_jobs import SqliteJobs
from loupe_shared.api.filters import ImageFilter
from loupe_shared.batch.job import (
    ACTIVE,
    CHUNK,
    FINAL,
    BatchJob,
    ByFilter,
    ByNames,
    ByPrefix,
    Chunk,
    Counts,
    Failure,
    Input,
    Lease,
    Named,
    Output,
    State,
)
from loupe_shared.batch.ports import JobChanged, JobStore, Place
from loupe_shared.domain import Outcome
from tests.cosmos_account import account_database
from tests.factories import NOON, batch_job, chunk

UNSET: list[Input] = [ByPrefix(), ByNames(count=3), ByFilter(filter=ImageFilter())]
SET: list[Input] = [
    ByPrefix(prefix="line 3/", glob="line 3/**/Prüfling *.jpg"),
    ByNames(count=3, retries=batch_job().id, digest="d"),
    ByFilter(
        filter=ImageFilter(container="images", label="cat", max_score=0.5, outcome=Outcome.CLASSIFIED, since=NOON)
    ),
]


@pytest.fixture(params=["memory", "sqlite", "cosmos", pytest.param("account", marks=pytest.mark.account)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    """An empty store of each kind."""
    match request.param:
        case "memory":
            made: JobStore = MemoryJobs()
        case "sqlite":
            made = SqliteJobs(tmp_path / "results.jobs.sqlite")
        case "cosmos":
            client: CosmosClient = request.getfixturevalue("cosmos")
            database = client.create_database_if_not_exists("loupe")
            made = CosmosJobs(create_job_container(database, f"jobs-{uuid.uuid4().hex}"))
        case _:
            database = account_database()
            container = create_job_container(database, f"jobs-{uuid.uuid4().hex}")
            request.addfinalizer(lambda: database.delete_container(container))  # noqa: PT021  (only here)
            made = CosmosJobs(container)
    yield made
    made.close()


def running(store: JobStore, *chunks: Chunk, **changes: Any) -> BatchJob:  # noqa: ANN401
    """A new job that is there, with chunks."""
    job = batch_job(state=State.RUNNING, **changes)
    store.create(job, chunks)
    return job


def failed(*blobs: str) -> list[Failure]:
    """Failures of some blobs."""
    return [Failure(blob=blob, reason="missing", detail="there is no such blob") for blob in blobs]


def changed(job: BatchJob, **changes: object) -> BatchJob:
    """The same job with other fields."""
    return job.model_copy(update=changes)


def ids(jobs: list[BatchJob]) -> list[str]:
    """Of some jobs."""
    return [job.id for job in jobs]


def test_what_is_not_there_is_not_found(store: JobStore) -> None:
    store.check()
    assert store.find(batch_job().id) is None
    assert store.page((), 10) == []
    assert store.chunks(batch_job().id) == []
    assert store.failures(batch_job().id, 10) == []


@pytest.mark.parametrize("input_", UNSET, ids=lambda one: one.kind)
def test_a_job_comes_back_without_what_is_not_set(store: JobStore, input_: Input) -> None:
    job = batch_job(input=input_)
    store.create(job)
    assert store.find(job.id) == job
    assert store.page((), 10) == [job]


@pytest.mark.parametrize("input_", SET, ids=lambda one: one.kind)
def test_a_job_comes_back_with_all_that_is_set(store: JobStore, input_: Input) -> None:
    job = batch_job(
        input=input_,
        again=True,
        from_embeddings=True,
        output=Output(name="november.csv", format="parquet"),
        started_at=NOON + timedelta(microseconds=1),
        ended_at=NOON + timedelta(hours=1),
        state=State.FAILED,
        reason="too many images failed",
        lease=Lease(runner="r", until=NOON),
        settled=Counts(classified=1, skipped=2, failed=3, gone=4),
        open=Counts(classified=5),
        planned=20,
        total=30,
        chunks=2,
        place="line 3/ü &?#.jpg",
        is_planned=True,
        images_per_minute=7,
    )
    unset = {name for name, field in BatchJob.model_fields.items() if getattr(job, name) == field.default}
    assert unset == {"revision"}
    store.create(job)
    assert store.find(job.id) == job
    assert store.page((), 10) == [job]


def test_a_job_that_a_newer_version_wrote_is_read_as_far_as_it_is_known(store: JobStore) -> None:
    class NewerLease(Lease):
        floor: int = 3

    class NewerJob(BatchJob):
        color: str = "red"
        lease: NewerLease | None = None

    known = batch_job(lease=Lease(runner="r", until=NOON))
    newer = NewerJob(**dict(known) | {"lease": NewerLease(runner="r", until=NOON)})
    assert {"color", "floor"} <= set(newer.to_json().replace('"', " ").split())
    store.create(newer)
    assert store.find(known.id) == known


def test_a_new_job_has_its_chunks_in_their_order(store: JobStore) -> None:
    described = Named(
        blob="line 3/ü &?#.jpg",
        etag="0x8DE29A7F1C2B3A4",
        last_modified="Sun, 22 Nov 2026 12:00:00 GMT",
        content_length=184_320,
        content_type="image/jpeg",
    )
    chunks = [Chunk(number=0, images=(described, Named(blob="b"))), *(chunk(number) for number in range(1, 12))]
    job = running(store, *reversed(chunks))
    assert store.chunks(job.id) == chunks
    assert store.chunks(batch_job(1).id) == []


def test_a_job_is_not_created_twice_and_keeps_what_it_has(store: JobStore) -> None:
    job = running(store, chunk(0))
    with pytest.raises(JobChanged, match=f"there is a job {job.id} already"):
        store.create(changed(job, model="other:2"), [chunk(0, "other.jpg"), chunk(1)])
    assert store.find(job.id) == job
    assert store.chunks(job.id) == [chunk(0)]


def test_pages_go_from_the_newest_to_the_oldest(store: JobStore) -> None:
    jobs = [batch_job(number) for number in range(7)]
    for job in (jobs[3], jobs[0], jobs[6], jobs[1], jobs[5], jobs[2], jobs[4]):
        store.create(job, [chunk()])
    pages, before = list[list[BatchJob]](), None
    while page := store.page((), 3, before):
        pages.append(page)
        before = page[-1].id
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [job for page in pages for job in page] == jobs[::-1]


def test_pages_have_the_states_that_are_asked_for(store: JobStore) -> None:
    jobs = [batch_job(number, state=state) for number, state in enumerate([*State, *State])]
    for job in jobs:
        store.create(job)
    newest = ids(jobs)[::-1]
    assert ids(store.page([State.PAUSED], 10)) == [newest[3], newest[9]]
    assert ids(store.page(ACTIVE, 10)) == newest[3:6] + newest[9:]
    assert ids(store.page(set(FINAL), 4)) == [*newest[:3], newest[6]]
    assert ids(store.page(FINAL, 4, before=newest[6])) == newest[7:9]
    store.replace(changed(jobs[2], state=State.CANCELED))
    assert ids(store.page([State.PAUSED], 10)) == [newest[3]]
    assert newest[9] in ids(store.page([State.CANCELED], 10))


def test_a_change_has_the_next_revision(store: JobStore) -> None:
    job = running(store)
    first = store.replace(changed(job, planned=5))
    assert first == store.find(job.id) == changed(job, planned=5, revision=1)
    second = store.replace(changed(first, state=State.PAUSED))
    assert second == store.find(job.id) == changed(first, state=State.PAUSED, revision=2)


def test_who_knows_an_older_revision_changes_nothing(store: JobStore) -> None:
    job = running(store, chunk(0), chunk(1))
    store.replace(job, ended=0, failures=failed("a.jpg"))
    now = store.find(job.id)
    for stale in (job, changed(job, revision=7)):
        with pytest.raises(JobChanged, match="read it again"):
            store.replace(changed(stale, planned=9), begun=chunk(2), ended=1, failures=failed("b.jpg"))
        with pytest.raises(JobChanged, match="read it again"):
            store.replace(changed(stale, state=State.CANCELED))
    assert store.find(job.id) == now
    assert store.chunks(job.id) == [chunk(1)]
    assert [failure.blob for _, failure in store.failures(job.id, 10)] == ["a.jpg"]


def test_a_job_that_is_not_there_is_not_changed(store: JobStore) -> None:
    with pytest.raises(JobChanged, match="read it again"):
        store.replace(batch_job(), begun=chunk())
    assert store.find(batch_job().id) is None
    assert store.chunks(batch_job().id) == []


def test_of_several_that_change_a_job_at_once_one_does(store: JobStore) -> None:
    job = running(store)

    def change(runner: int) -> BatchJob | None:
        lease = Lease(runner=f"{runner}", until=NOON)
        try:
            return store.replace(changed(job, lease=lease), begun=chunk(0, f"{runner}"))
        except JobChanged:
            return None

    with ThreadPoolExecutor(8) as threads:
        for _ in range(10):
            winners = [one for one in threads.map(change, range(8)) if one]
            assert len(winners) == 1
            job = winners[0]
            assert store.find(job.id) == job
            assert job.lease
            assert store.chunks(job.id) == [chunk(0, job.lease.runner)]
    assert job.revision == 10


def test_chunks_begin_and_end_with_changes_of_their_job(store: JobStore) -> None:
    job = running(store, chunk(0), chunk(1))
    other = batch_job(1)
    store.create(other, [chunk(0, "other.jpg")])
    job = store.replace(job, begun=chunk(2))
    assert store.chunks(job.id) == [chunk(0), chunk(1), chunk(2)]
    job = store.replace(job, begun=chunk(3), ended=1)
    assert store.chunks(job.id) == [chunk(0), chunk(2), chunk(3)]
    job = store.replace(job, ended=0)
    store.replace(job, ended=2)
    assert store.chunks(job.id) == [chunk(3)]
    assert store.chunks(other.id) == [chunk(0, "other.jpg")]


def test_failures_have_their_places(store: JobStore) -> None:
    job = running(store, *(chunk(number) for number in range(12)))
    other = batch_job(1)
    store.create(other, [chunk()])
    store.replace(other, ended=0, failures=failed("other.jpg"))
    for number in (3, 11, 0, 2):
        blobs = [f"{number}-{one}" for one in range(number)]
        job = store.replace(job, ended=number, failures=failed(*blobs))
    expected = [
        (Place(number, one), failure)
        for number in (2, 3, 11)
        for one, failure in enumerate(failed(*(f"{number}-{one}" for one in range(number))))
    ]
    assert store.failures(job.id, 100) == expected
    pages, after = list[tuple[Place, Failure]](), None
    while page := store.failures(job.id, 5, after):
        assert len(page) == min(5, len(expected) - len(pages))
        pages += page
        after = page[-1][0]
    assert pages == expected


@pytest.mark.parametrize("state", FINAL)
def test_the_chunks_of_a_final_job_are_forgotten_but_not_its_failures(store: JobStore, state: State) -> None:
    job = running(store, *(chunk(number) for number in range(5)))
    ended = store.replace(changed(job, state=state, ended_at=NOON), ended=0, failures=failed("a.jpg"))
    assert store.find(job.id) == ended
    assert store.chunks(job.id) == []
    assert len(store.failures(job.id, 10)) == 1
    store.replace(ended)
    assert store.chunks(job.id) == []


def test_the_longest_names_are_no_trouble(store: JobStore) -> None:
    """Whatever a store splits, because the service has limits, comes back whole."""
    blobs = [f"{number:04}{'産' * 1020}" for number in range(CHUNK)]
    whole = Chunk(number=0, images=tuple(Named(blob=blob, content_type="image/jpeg" * 10) for blob in blobs))
    job = running(store, whole)
    job = store.replace(job, begun=whole.model_copy(update={"number": 1}))
    assert [one.images for one in store.chunks(job.id)] == [whole.images] * 2
    job = store.replace(job, ended=0, failures=failed(*blobs))
    job = store.replace(job, ended=1, failures=failed(blobs[0]))
    assert store.chunks(job.id) == []
    assert store.failures(job.id, CHUNK) == [(Place(0, n), one) for n, one in enumerate(failed(*blobs))]
    assert store.failures(job.id, 2, Place(0, 998)) == [
        (Place(0, 999), failed(blobs[999])[0]),
        (Place(1, 0), failed(blobs[0])[0]),
    ]


def test_a_job_may_begin_with_any_number_of_chunks(store: JobStore) -> None:
    job = running(store, *(chunk(number) for number in range(230)))
    assert [one.number for one in store.chunks(job.id)] == list(range(230))
    store.replace(changed(job, state=State.CANCELED))
    assert store.chunks(job.id) == []
