"""Which batch jobs are run, by whom, and how outages are sat out."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import pytest

from loupe_batch import counting as counting_module
from loupe_batch import foreman as foreman_module
from loupe_batch import shift as shift_module
from loupe_batch.counting import Counting
from loupe_batch.foreman import Foreman, Rescue
from loupe_batch.runner import Tools
from loupe_batch.shift import Shift
from loupe_batch.sources import Container, InputLost
from loupe_shared.batch.job import BatchJob, ByPrefix, Counts, Lease, State
from loupe_shared.container import CountedPage, ListedPage, MarkerRefused, NameRefused
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import now
from loupe_shared.errors import StorageUnavailable, StoreUnavailable
from loupe_shared.messages import BackfillJob
from tests.batch_world import World
from tests.factories import batch_job, image_ref
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(foreman_module, "LOOK_INTERVAL_S", 0.01)


@pytest.fixture
def world() -> World:
    """A container of five blobs."""
    world = World()
    for number in range(5):
        world.upload(f"line 3/{number}.jpg")
    return world


def shift(world: World, stopped: threading.Event, equip: Callable[[BatchJob], Tools] | None = None) -> Shift:
    """One that works over the world, with the tools that a test gives."""
    return Shift(world.jobs, world.announcer, equip or world.tools, "me", stopped)


class Workers:
    """Workers that work all the time, until the block ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.005):
            self._world.work(10)


def found(world: World, job: BatchJob) -> BatchJob:
    """As it is now."""
    stored = world.jobs.find(job.id)
    assert stored
    return stored


def test_a_job_is_run_to_its_end_and_its_images_are_counted_beforehand(world: World) -> None:
    job = world.submit()
    with Workers(world):
        shift(world, threading.Event()).work_on(job)
    done = found(world, job)
    assert (done.state, done.counts, done.total, done.lease) == (State.COMPLETED, Counts(classified=5), 5, None)
    assert done.started_at
    assert done.ended_at
    assert set(world.announcer.events) == {"job"}
    assert '"state":"completed"' in world.announcer.documents[-1]


def test_an_outage_is_sat_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    find, failures = world.store.find, iter([True, True, False, True])

    def fragile(image_ids: list[str]) -> dict[str, str]:
        if next(failures, False):
            raise StoreUnavailable("away")
        return find(image_ids)

    monkeypatch.setattr(world.store, "find", fragile)
    job = world.submit()
    with Workers(world):
        shift(world, threading.Event()).work_on(job)
    assert found(world, job).counts == Counts(classified=5)


def test_a_listing_that_does_not_go_on_fails_the_job_with_advice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_page = world.listing.page

    def forgetful(prefix: str, marker: str) -> Future[ListedPage]:
        page = list_page(prefix, marker)
        if marker:
            page = Future()
            page.set_exception(MarkerRefused("no such marker"))
        return page

    monkeypatch.setattr(world.listing, "page", forgetful)
    job = world.submit()
    with Workers(world):
        shift(world, threading.Event()).work_on(job)
    done = found(world, job)
    assert done.state is State.FAILED
    assert "submit the job again" in (done.reason or "")


def test_a_prefix_that_storage_refuses_fails_the_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(prefix: str, _: str) -> Future[ListedPage]:
        page: Future[ListedPage] = Future()
        page.set_exception(NameRefused(f"names that begin with {prefix!r} cannot be listed"))
        return page

    monkeypatch.setattr(world.listing, "page", refusing)
    job = world.submit(input=ByPrefix(prefix="line 3/"))
    shift(world, threading.Event()).work_on(job)
    done = found(world, job)
    assert (done.state, done.reason) == (
        State.FAILED,
        "names that begin with 'line 3/' cannot be listed: submit the job again with another beginning of names",
    )


@pytest.mark.parametrize("chosen", [ByPrefix(prefix="a\x00"), ByPrefix(glob="\x1f*")])
def test_names_that_no_blob_has_fail_the_job(world: World, chosen: ByPrefix) -> None:
    job = world.submit(input=chosen)
    shift(world, threading.Event()).work_on(job)
    assert (found(world, job).state, found(world, job).reason) == (
        State.FAILED,
        "no blob has such a name: submit the job again without control characters",
    )


def test_what_cannot_be_done_here_fails_the_job(world: World) -> None:
    def equip(_: BatchJob) -> Tools:
        raise InputLost("of another container")

    job = world.submit()
    shift(world, threading.Event(), equip).work_on(job)
    assert (found(world, job).state, found(world, job).reason) == (State.FAILED, "of another container")


def test_a_process_that_ends_leaves_the_job_to_the_next_at_once(world: World) -> None:
    job, stopped = world.submit(), threading.Event()
    worker = threading.Thread(target=shift(world, stopped).work_on, args=(job,))
    worker.start()
    wait_for(lambda: world.queue.messages, "messages")
    stopped.set()
    worker.join()
    left = found(world, job)
    assert (left.state, left.lease) == (State.RUNNING, None)
    with Workers(world):
        shift(world, threading.Event()).work_on(left)
    assert found(world, job).counts == Counts(classified=5)
    assert set(world.answered.values()) == {1}


def test_a_canceled_job_says_what_came_of_it(world: World) -> None:
    job = world.submit()
    worker = threading.Thread(target=shift(world, threading.Event()).work_on, args=(job,))
    worker.start()
    wait_for(lambda: world.queue.messages, "messages")
    world.work()
    wait_for(lambda: found(world, job).counts.classified == 2, "a part to be counted")
    world.jobs.replace(found(world, job).model_copy(update={"state": State.CANCELED}))
    worker.join()
    assert (found(world, job).state, found(world, job).counts) == (State.CANCELED, Counts(classified=2))


def test_jobs_are_taken_in_turn_and_those_of_others_are_left_alone(world: World) -> None:
    lease = Lease(runner="other", until=now() + timedelta(minutes=1))
    expired = Lease(runner="dead", until=now() - timedelta(seconds=1))
    jobs = [
        batch_job(1),
        batch_job(2, state=State.RUNNING, lease=lease),
        batch_job(3, state=State.RUNNING, lease=expired),
        batch_job(4, state=State.PAUSED),
        batch_job(5),
    ]
    for job in reversed(jobs):
        world.jobs.create(job)
    stopped, taken, free = threading.Event(), [], threading.Semaphore(0)

    def run(job: BatchJob) -> None:
        taken.append(job.id)
        world.jobs.replace(job.model_copy(update={"state": State.COMPLETED}))
        free.acquire()
        if len(taken) == 1:
            raise StoreUnavailable("away")  # which hinders no other job

    serving = threading.Thread(target=Foreman(world.jobs, run, 2, lambda: None, stopped).serve)
    serving.start()
    wait_for(lambda: len(taken) == 2, "two jobs")
    assert taken == [jobs[0].id, jobs[2].id]
    free.release()
    wait_for(lambda: len(taken) == 3, "the third")
    assert taken[2] == jobs[4].id
    free.release(2)
    stopped.set()
    serving.join()


def test_what_was_lost_in_the_broker_is_published_again(world: World) -> None:
    world.outstanding.add([image_ref("of a job")], BackfillJob.queue)
    world.outstanding.add([image_ref("of an event")])
    rescue = Rescue(Dispatch(world.queue, world.outstanding, 32, BackfillJob), -1.0)
    rescue()
    [message] = world.queue.messages
    assert isinstance(message, BackfillJob)
    assert message.images == (image_ref("of a job"),)


def test_counting_ends_when_it_is_told_to(world: World) -> None:
    counting = Counting(lambda place: CountedPage(0, f"{place}+"))
    counting.stop()
    assert counting.total is None
    whole = Counting(Container(world.listing, ByPrefix(prefix="line 3/")).count)
    wait_for(lambda: whole.total == 5, "the count")


def test_an_input_is_counted_through_outages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting_module, "PAUSE_S", 0.001)
    failures = iter([True, False, True, True, False])

    def fragile(place: str) -> CountedPage:
        if next(failures):
            raise StorageUnavailable(place)
        return CountedPage(2, "" if place else "b.jpg")

    counting = Counting(fragile)
    wait_for(lambda: counting.total == 4, "the count")


def test_an_input_that_is_lost_is_not_counted() -> None:
    def lost(place: str) -> CountedPage:
        raise InputLost(place)

    counting = Counting(lost)
    counting.stop()
    assert counting.total is None


def test_an_input_is_read_page_by_page_also_where_nothing_matches(world: World) -> None:
    world.upload("line 3/a/5.png")
    source = Container(world.listing, ByPrefix(prefix="", glob="line 3/**/*.png"))
    first = source.read("")
    assert first.images == ()
    assert source.count("") == CountedPage(0, first.next)
    last = source.read(first.next)
    assert [image.blob for image in last.images] == ["line 3/a/5.png"]
    assert last.next == ""
    assert source.count(first.next) == CountedPage(1, "")
