"""Running batch jobs: what is published, and what is counted, whatever dies on the way."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_batch.ledger import NotOurs
from loupe_batch.runner import Runner
from loupe_shared.batch.job import ByFilter, ByNames, ByPrefix, Counts, Failure, State
from loupe_shared.container import Listed
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import BackfillJob, Message, StoredEmbedding
from loupe_shared.result import Embedding, Precision, Result
from loupe_shared.telemetry.metrics import BATCH_IMAGES_ENDED, BATCH_JOBS_ENDED
from tests.batch_world import MODEL, OTHER, World
from tests.factories import NOON, chunk, deletion, image_ref, result
from tests.metering import Growth


@pytest.fixture
def world() -> World:
    """A container of ten blobs under a prefix and one beside it, of which nobody knows."""
    world = World()
    for number in range(10):
        world.upload(f"line 3/{number}.jpg")
    world.upload("line 4/0.jpg")
    return world


def failures(world: World, job_id: str) -> list[Failure]:
    """Of a job."""
    return [failure for _, failure in world.jobs.failures(job_id, 100)]


def test_all_blobs_with_a_prefix_are_classified(world: World) -> None:
    job = world.submit()
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.counts, done.planned) == (State.COMPLETED, Counts(classified=10), 10)
    assert world.answered == {f"line 3/{number}.jpg": 1 for number in range(10)}
    assert world.jobs.chunks(job.id) == []


def test_a_pattern_chooses_among_them(world: World) -> None:
    job = world.submit(input=ByPrefix(prefix="line", glob="**/[0-1].jpg"))
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.counts.classified) == (State.COMPLETED, 3)
    assert world.answered.keys() == {"line 3/0.jpg", "line 3/1.jpg", "line 4/0.jpg"}


def test_what_this_model_has_answered_is_skipped_unless_it_is_asked_again(world: World) -> None:
    world.answer(image_ref("line 3/1.jpg"))
    world.model = OTHER
    world.answer(image_ref("line 3/2.jpg"))
    world.answer(image_ref("line 3/3.jpg", etag="0xOLD"))
    job = world.submit(model="test:2")
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.counts) == (State.COMPLETED, Counts(classified=9, skipped=1))
    assert world.answered.keys() == {f"line 3/{n}.jpg" for n in range(10) if n != 2}
    again = world.submit(id=f"{job.id[:-1]}b", model="test:2", again=True, submitted_at=NOON + timedelta(hours=2))
    assert world.run(world.runner(again.id), again.id).counts == Counts(classified=10)


def remember(world: World, name: str, **changes: Any) -> Result:  # noqa: ANN401
    """An answer with an embedding, long ago."""
    image = image_ref(name, **changes.pop("of", {}))
    embedding, earlier = Embedding(values=name.encode(), scale=0.5), NOON - timedelta(days=1)
    known = result(name, completed_at=earlier).model_copy(update={"image": image, "embedding": embedding} | changes)
    world.store.write([known])
    return known


def test_embeddings_of_the_archive_go_with_images_if_the_job_does_without_pictures(world: World) -> None:
    known = [remember(world, f"line 3/{n}.jpg") for n in range(3)]
    int8 = MODEL.model_copy(update={"precision": Precision.INT8})
    remember(world, "line 3/3.jpg", model=int8)
    remember(world, "line 3/4.jpg", model=OTHER)  # which is to answer anew
    remember(world, "line 3/5.jpg", of={"etag": "0xOLD"})
    world.answer(image_ref("line 3/6.jpg"))  # without an embedding
    world.model = OTHER
    job = world.submit(model="test:2", from_embeddings=True, again=True)
    runner = world.runner(job.id)
    sent: dict[str, StoredEmbedding] = {}
    images = 0
    for _ in range(200):
        runner.step()
        for message in world.queue.messages:
            assert isinstance(message, BackfillJob)
            images += len(message.images)
            sent |= {one.image_id: one for one in message.embeddings}
        world.work(10)
        world.seconds += 1
    done = world.jobs.find(job.id)
    assert done
    assert (done.state, done.counts, images) == (State.COMPLETED, Counts(classified=10), 10)
    assert sent == {
        one.image.id: StoredEmbedding(
            image_id=one.image.id, space="test:1", embedding=one.embedding, properties=one.properties
        )
        for one in known
        if one.embedding and one.properties
    }


def test_without_that_no_embedding_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(world, "line 3/0.jpg")
    monkeypatch.delattr(type(world.store), "embeddings")
    world.model = OTHER
    job = world.submit(model="test:2")
    assert world.run(world.runner(job.id), job.id).counts == Counts(classified=10)


def test_mini_batches_have_their_size_and_the_window_bounds_what_is_on_its_way(world: World) -> None:
    runner = world.runner(world.submit(mini_batch_size=3).id)
    for _ in range(20):
        runner.step()
    sizes = [len(message.images) for message in world.queue.messages if isinstance(message, BackfillJob)]
    assert sum(sizes) == world.window
    assert max(sizes) == 3


def test_a_live_image_that_is_on_its_way_is_waited_for_and_not_published(world: World) -> None:
    live = image_ref("line 3/5.jpg", sequencer="07")
    world.outstanding.add([live])
    job = world.submit()
    runner = world.runner(job.id)
    for _ in range(20):
        runner.step()
        world.work()
    assert "line 3/5.jpg" not in world.answered
    world.answer(live, NOON + timedelta(minutes=1))
    world.outstanding.settle([live])
    assert world.run(runner, job.id).counts == Counts(classified=10)
    assert "line 3/5.jpg" not in world.answered


def test_every_failure_has_a_reason(world: World) -> None:
    world.bad = {"line 3/1.jpg"}
    world.upload("line 3/notes.txt", type_="text/plain")
    world.answer(image_ref("gone.jpg"))
    world.store.write([deletion("gone.jpg")])
    names = ["line 3/0.jpg", "line 3/1.jpg", "line 3/notes.txt", "never was.jpg", "gone.jpg"]
    images, jobs = Growth(BATCH_IMAGES_ENDED), Growth(BATCH_JOBS_ENDED)
    job = world.submit(chunk(0, *names), input=ByNames(count=5), is_planned=True, planned=5, chunks=1)
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.counts) == (State.COMPLETED, Counts(classified=1, failed=3, gone=1))
    assert {failure.blob: failure.reason for failure in failures(world, job.id)} == {
        "line 3/1.jpg": "corrupt",
        "line 3/notes.txt": "not_an_image",
        "never was.jpg": "missing",
    }
    assert {end: images(end) for end in ("classified", "skipped", "failed", "gone")} == {
        "classified": 1,
        "skipped": 0,
        "failed": 3,
        "gone": 1,
    }
    assert (jobs("completed"), jobs("failed")) == (1, 0)


def test_what_can_be_no_name_of_a_blob_is_missing_and_storage_is_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, look = list[str](), world.listing.look

    def listening(names: Sequence[str]) -> list[Future[Listed | None]]:
        asked.extend(names)
        return look(names)

    monkeypatch.setattr(world.listing, "look", listening)
    names = ["a\x00b.jpg", "line 3/0.jpg", "../other/0.jpg"]
    job = world.submit(chunk(0, *names), input=ByNames(count=3), is_planned=True, planned=3, chunks=1)
    assert world.run(world.runner(job.id), job.id).counts == Counts(classified=1, failed=2)
    assert {failure.blob: failure.reason for failure in failures(world, job.id)} == {
        "a\x00b.jpg": "missing",
        "../other/0.jpg": "missing",
    }
    assert set(asked) == {"line 3/0.jpg"}


def test_an_answer_of_another_model_is_a_failure(world: World) -> None:
    world.model = OTHER
    job = world.submit(chunk(0, "line 3/0.jpg"), input=ByNames(count=1), is_planned=True, planned=1, chunks=1)
    world.answer(image_ref("line 3/0.jpg"))
    assert world.run(world.runner(job.id), job.id).counts == Counts(failed=1)
    [failure] = failures(world, job.id)
    assert failure.reason == "other_model"
    assert failure.detail == "test:2 answered, and test:1 was asked"


def test_an_image_that_was_on_its_way_is_published_once_whatever_the_retries(world: World) -> None:
    live = image_ref("line 4/0.jpg", sequencer="07")
    world.outstanding.add([live])
    job = world.submit(max_retries=0, model="test:2", input=ByPrefix(prefix="line 4/"))
    runner = world.runner(job.id)
    runner.step()
    world.answer(live, NOON + timedelta(minutes=1))
    world.outstanding.settle([live])
    world.model = OTHER
    assert world.run(runner, job.id).counts == Counts(classified=1)
    assert world.answered == {"line 4/0.jpg": 1}


def test_a_pattern_that_hardly_anything_matches_stops_no_job_from_being_stopped(world: World) -> None:
    for number in range(40):
        world.upload(f"line 5/{number:02}.jpg")
    job = world.submit(input=ByPrefix(glob="**/39.jpg"))
    runner = world.runner(job.id)
    runner.step()
    found = world.jobs.find(job.id)
    assert found
    assert (found.place != "", found.is_planned, found.planned) == (True, False, 0)
    assert world.run(world.runner(job.id), job.id).counts == Counts(classified=1)


def test_how_many_images_there_were_is_known_at_the_end(world: World) -> None:
    job = world.submit()
    done = world.run(world.runner(job.id), job.id)
    assert done.total == done.planned == 10


def test_a_job_that_cannot_go_on_keeps_what_came_of_it(world: World) -> None:
    world.bad = {"line 3/1.jpg"}
    job = world.submit(mini_batch_size=1)
    runner = world.runner(job.id)
    while runner.open_counts().total < 3:
        runner.step()
        world.work()
    runner.fail("storage does not go on")
    done = world.jobs.find(job.id)
    assert done
    assert (done.state, done.reason, done.counts.total) == (State.FAILED, "storage does not go on", 3)
    assert done.counts.failed == len(failures(world, job.id)) == 1


def test_images_of_a_filter_are_those_that_the_archive_showed(world: World) -> None:
    for number in range(6):
        world.answer(image_ref(f"line 3/{number}.jpg"))
    world.bad = {"line 3/7.jpg"}
    world.answer(image_ref("line 3/7.jpg"))
    world.bad = set()
    wanted = {"outcome": "rejected"}
    job = world.submit(input=ByFilter.model_validate({"filter": wanted}), again=True)
    assert world.run(world.runner(job.id), job.id).counts == Counts(classified=1)
    assert world.answered == {"line 3/7.jpg": 1}


def test_images_of_another_container_are_refused(world: World) -> None:
    job = world.submit(input=ByFilter.model_validate({"filter": {"container": "others"}}))
    with pytest.raises(Exception, match="only images of the container images"):
        world.runner(job.id)


def test_an_image_that_vanishes_again_and_again_fails(world: World) -> None:
    job = world.submit(max_retries=2, input=ByPrefix(prefix="line 4/"))
    runner = world.runner(job.id)
    published = 0
    for _ in range(30):
        runner.step()
        published += len(world.queue.messages)
        world.queue.messages.clear()
        world.outstanding.settle([image_ref("line 4/0.jpg", sequencer="9")])
        world.seconds += 1
    done = world.jobs.find(job.id)
    assert done
    assert (published, done.state, done.counts) == (3, State.COMPLETED, Counts(failed=1))
    [failure] = failures(world, job.id)
    assert (failure.reason, "published 3 times" in failure.detail) == ("no_outcome", True)


def test_a_threshold_that_is_passed_ends_the_job_with_what_came_of_it_so_far(world: World) -> None:
    world.bad = {f"line 3/{number}.jpg" for number in range(5)}
    job = world.submit(error_threshold=2, mini_batch_size=1)
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.reason) == (State.FAILED, "more than 2 images failed, which is the threshold")
    assert done.counts.failed == len(failures(world, job.id)) > 2
    assert world.jobs.chunks(job.id) == []


def test_no_image_is_no_success(world: World) -> None:
    job = world.submit(input=ByPrefix(prefix="line 9/"))
    done = world.run(world.runner(job.id), job.id)
    assert (done.state, done.planned) == (State.FAILED, 0)
    assert "nothing to classify" in (done.reason or "")


@pytest.mark.parametrize("state", [State.PAUSED, State.CANCELED])
def test_somebody_stops_the_job(world: World, state: State) -> None:
    job = world.submit()
    runner = world.runner(job.id)
    runner.step()
    found = world.jobs.find(job.id)
    assert found
    world.jobs.replace(found.model_copy(update={"state": state}))
    with pytest.raises(NotOurs, match=state):
        world.run(runner, job.id)


class FragilePublisher:
    """Takes a message, and the next time none."""

    def __init__(self, world: World) -> None:
        self._publish: Callable[[list[Message]], None] = world.queue.publish
        self.calls = 0

    def publish(self, messages: list[Message]) -> None:
        """Fail every second time, after a part of the messages."""
        self.calls += 1
        if self.calls % 2:
            self._publish(messages[:1])
            raise BrokerUnavailable("away")
        self._publish(messages)


def test_what_was_written_down_and_perhaps_not_published_is_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.queue, "publish", FragilePublisher(world).publish)
    job = world.submit()
    runner = world.runner(job.id)
    for _ in range(200):
        try:
            runner.step()
        except BrokerUnavailable:
            world.seconds += 1
        world.work()
    done = world.jobs.find(job.id)
    assert done
    assert (done.state, done.counts) == (State.COMPLETED, Counts(classified=10))


Deed = st.sampled_from(["step", "step", "step", "work", "work", "die", "lose a message", "wait", "event"])


@settings(deadline=None)
@given(st.lists(Deed, max_size=80), st.integers(1, 9))
def test_whatever_happens_counts_are_exact_and_nothing_is_done_twice_for_nothing(deeds: list[str], window: int) -> None:
    world = World(window)
    names = [f"line 3/{number:02}.jpg" for number in range(11)]
    for name in names:
        world.upload(name)
    world.answer(image_ref(names[3]))
    world.bad = {names[7]}
    job = world.submit()
    runner, lost, live = world.runner(job.id), set[str](), set[str]()
    for deed in deeds:
        match deed:
            case "step":
                _step(world, runner, job.id)
            case "work":
                world.work()
            case "die":
                runner = _successor(world, runner, job.id)
            case "lose a message" if world.queue.messages:
                lost |= _lose(world)
            case "wait":
                world.seconds += 3
            case "event":  # of a blob, that comes late
                late = image_ref(names[5], sequencer="05")
                world.answer(late, NOON + timedelta(minutes=1))
                live.add(late.blob)
    if _is_running(world, job.id):
        world.run(world.runner(job.id), job.id)
    done = world.jobs.find(job.id)
    assert done
    assert (done.state, done.counts) == (State.COMPLETED, Counts(classified=9, skipped=1, failed=1))
    assert [failure.blob for failure in failures(world, job.id)] == [names[7]]
    _check_work(world, names, lost, live)


def _check_work(world: World, names: list[str], lost: set[str], live: set[str]) -> None:
    """Every image was given to workers once; none if it had its answer already, and again if it was lost."""
    for name in names:
        expected = {0, 1} if name in live else {0} if name == names[3] else {1}
        assert world.answered.get(name, 0) in (expected if name not in lost else expected | {1})


def _lose(world: World) -> set[str]:
    """A message vanishes, and the record of it, too. Gives its blobs."""
    message = world.queue.messages.pop(0)
    assert isinstance(message, BackfillJob)
    world.outstanding.settle(message.images)
    return {image.blob for image in message.images}


def _is_running(world: World, job_id: str) -> bool:
    job = world.jobs.find(job_id)
    return job is not None and job.state is State.RUNNING


def _step(world: World, runner: Runner, job_id: str) -> None:
    if _is_running(world, job_id):
        runner.step()


def _successor(world: World, runner: Runner, job_id: str) -> Runner:
    return world.runner(job_id) if _is_running(world, job_id) else runner
