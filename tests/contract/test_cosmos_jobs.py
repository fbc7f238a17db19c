"""Batch jobs in Cosmos DB while the service and the network fail as they do, and what only that store promises."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.cosmos import ContainerProxy, CosmosClient
from pydantic import SecretStr

from loupe_shared.adapters import cosmos_jobs
from loupe_shared.adapters.cosmos_jobs import CosmosJobs, create_job_container
from loupe_shared.adapters.stores import open_job_store
from loupe_shared.batch.job import BatchJob, Failure, State
from loupe_shared.batch.ports import JobChanged, Place
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.settings import StoreSettings
from tests.cosmos_faults import FAULTS, FaultyTransport, once, some, through
from tests.factories import batch_job, chunk

FAILURES = [Failure(blob=f"{number}.jpg", reason="missing", detail="there is no such blob") for number in range(3)]


@pytest.fixture
def container(cosmos: CosmosClient) -> ContainerProxy:
    """A new container."""
    return create_job_container(cosmos.create_database_if_not_exists("loupe"), f"jobs-{uuid.uuid4().hex}")


def kinds(container: ContainerProxy) -> Counter[str]:
    """How many documents there are of which kind."""
    found = container.query_items("SELECT c.kind FROM c", enable_cross_partition_query=True)
    return Counter(document["kind"] for document in found)


def canceled(job: BatchJob) -> BatchJob:
    """The same job in a state in which it stays."""
    return job.model_copy(update={"state": State.CANCELED})


def test_the_settings_say_which_container(cosmos: CosmosClient, container: ContainerProxy, unused_port: int) -> None:
    def settings(**changes: object) -> StoreSettings:
        given = {
            "results_store": "cosmos",
            "cosmos_endpoint": cosmos.client_connection.url_connection,
            "cosmos_key": SecretStr("a2V5"),
            "cosmos_job_container": container.id,
        }
        return StoreSettings.model_validate(given | changes)

    store = open_job_store(settings())
    store.check()
    store.create(batch_job())
    store.close()
    assert kinds(container) == {"job": 1}
    with pytest.raises(ConfigurationError, match="loupe/none cannot be opened"):
        open_job_store(settings(cosmos_job_container="none"))
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_job_store(settings(cosmos_endpoint=f"http://127.0.0.1:{unused_port}"))


def test_what_is_missing_is_not_taken_for_empty(cosmos: CosmosClient, container: ContainerProxy) -> None:
    store = CosmosJobs(container)
    cosmos.get_database_client("loupe").delete_container(container.id)
    job = batch_job()
    for ask in (
        store.check,
        lambda: store.create(job),
        lambda: store.create(job, [chunk()]),
        lambda: store.find(job.id),
        lambda: store.page((), 10),
        lambda: store.replace(job),
        lambda: store.chunks(job.id),
        lambda: store.failures(job.id, 10),
    ):
        with pytest.raises(StoreUnavailable, match="404"):
            ask()


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("passing", range(5))
def test_what_happens_once_is_not_noticed(container: ContainerProxy, name: str, passing: int) -> None:
    """Whichever request it happens to."""
    transport = FaultyTransport()
    store = CosmosJobs(through(transport, container))
    happened = 0

    def fail_once() -> None:
        plan, waited = once(name), iter(range(passing))

        def later() -> str | None:
            nonlocal happened
            if next(waited, None) is not None:
                return None
            fault = plan()
            happened += fault is not None
            return fault

        transport.plan = later

    job = batch_job()
    fail_once()
    store.create(job, [chunk(0), chunk(1)])
    fail_once()
    job = store.replace(job, begun=chunk(2), ended=0, failures=FAILURES)
    assert job.revision == 1
    questions: list[tuple[Callable[[], Any], Any]] = [
        (lambda: store.find(job.id), job),
        (lambda: store.page([State.QUEUED], 10), [job]),
        (lambda: store.chunks(job.id), [chunk(1), chunk(2)]),
        (lambda: store.failures(job.id, 10), [(Place(0, n), one) for n, one in enumerate(FAILURES)]),
    ]
    for ask, expected in questions:
        fail_once()
        assert ask() == expected
    fail_once()
    job = store.replace(canceled(job))
    assert (store.find(job.id), job.revision) == (job, 2)
    assert happened
    assert kinds(container) == {"job": 1, "failures": 1}


@pytest.mark.timeout(300)
def test_no_change_is_lost_or_made_twice_whatever_fails(container: ContainerProxy) -> None:
    happened: Counter[str] = Counter()
    writers, changes = 2, 50
    CosmosJobs(container).create(batch_job())

    def write(seed: int) -> None:
        transport = FaultyTransport()
        transport.plan = some(0.2, seed, happened)
        store = CosmosJobs(through(transport, container))
        made = 0
        while made < changes:
            job = store.find(batch_job().id)
            assert job
            begun = chunk(job.planned, f"{seed}-{made}")
            try:
                store.replace(job.model_copy(update={"planned": job.planned + 1}), begun=begun)
            except JobChanged:
                continue
            made += 1

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    assert happened.keys() == FAULTS.keys()
    store = CosmosJobs(container)
    job = store.find(batch_job().id)
    assert job
    assert (job.planned, job.revision) == (writers * changes, writers * changes)
    chunks = store.chunks(job.id)
    assert [one.number for one in chunks] == list(range(writers * changes))
    names = {one.images[0].blob for one in chunks}
    assert names == {f"{seed}-{made}" for seed in range(writers) for made in range(changes)}
    store.replace(canceled(job))
    assert kinds(container) == {"job": 1}


def test_a_change_that_was_made_is_known_though_others_followed(container: ContainerProxy) -> None:
    quick, transport = CosmosJobs(container), FaultyTransport()
    slow = CosmosJobs(through(transport, container))
    job = batch_job()
    quick.create(job)

    def others_follow() -> str | None:
        if transport.requests == 3:  # after the job was read, and was changed without an answer
            for _ in range(30):
                now = quick.find(job.id)
                assert now
                quick.replace(now.model_copy(update={"planned": now.planned + 1}))
        return "timeout after" if transport.requests == 2 else None

    transport.plan = others_follow
    assert slow.replace(job.model_copy(update={"total": 7})).revision == 1
    now = quick.find(job.id)
    assert now
    assert (now.total, now.planned, now.revision) == (7, 30, 31)


def test_what_a_change_that_came_too_late_has_written_is_not_seen(container: ContainerProxy) -> None:
    quick, transport = CosmosJobs(container), FaultyTransport()
    slow = CosmosJobs(through(transport, container))
    job = batch_job()
    quick.create(job, [chunk(0)])

    def other_is_quicker() -> None:
        if transport.requests == 3:  # after the job was read and the images were written
            quick.replace(job, begun=chunk(1, "quick.jpg"), ended=0)

    transport.plan = other_is_quicker
    with pytest.raises(JobChanged, match="read it again"):
        slow.replace(job, begun=chunk(1, "slow.jpg"), ended=0, failures=FAILURES)
    assert quick.chunks(job.id) == [chunk(1, "quick.jpg")]
    assert quick.failures(job.id, 10) == []
    assert kinds(container) == {"job": 1, "images": 2}
    now = quick.find(job.id)
    assert now
    quick.replace(canceled(now))
    assert kinds(container) == {"job": 1}


def test_a_new_job_that_is_refused_is_not_there(container: ContainerProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosmos_jobs, "WRITE_PATIENCE_S", 0.5)
    transport = FaultyTransport()
    transport.plan = lambda: "busy" if transport.requests > 1 else None  # the first has images
    with pytest.raises(StoreUnavailable, match="503"):
        CosmosJobs(through(transport, container)).create(batch_job(), [chunk()])
    store = CosmosJobs(container)
    assert store.find(batch_job().id) is None
    assert store.page((), 10) == []
    assert store.chunks(batch_job().id) == []


def test_chunks_that_are_not_all_there_yet_are_waited_for(container: ContainerProxy) -> None:
    transport = FaultyTransport()
    store = CosmosJobs(through(transport, container))
    job = batch_job()
    store.create(job, [chunk(0), chunk(1)])
    documents = list(container.query_items("SELECT * FROM c WHERE c.kind = 'images'", partition_key=job.id))
    container.delete_item(documents[0]["id"], job.id)
    transport.requests = 0

    def arrives_late() -> None:
        if transport.requests == 2:
            container.create_item(documents[0])

    transport.plan = arrives_late
    assert store.chunks(job.id) == [chunk(0), chunk(1)]
    assert transport.requests == 2
