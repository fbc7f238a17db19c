"""What a sweep does about differences, and that it does no harm beside live traffic, whatever comes when."""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_reconciler.mender import Mender
from loupe_reconciler.merge import Difference, Names, differences
from loupe_reconciler.pace import Pace
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher, MemoryStore
from loupe_shared.adapters.memory_listing import MemoryListing
from loupe_shared.container import Listed
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import ImageRef, Outcome, now
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.result import ModelVersion, Prediction, Result
from tests.factories import ACCOUNT, CONTAINER, NOON, deletion, image_ref
from tests.factories import result as classified
from tests.fakes import FakeQueues
from tests.stored import outcomes, shown

T = TypeVar("T")

MODEL = ModelVersion(name="test", version=1, preprocessing_hash="h")


def listed(name: str = "a.jpg", etag: str = "0x9", modified: datetime = NOON, type_: str = "image/jpeg") -> Listed:
    """A blob."""
    return Listed(name, etag, format_datetime(modified, usegmt=True), 7, type_)


class World:
    """A container, an archive, and what lies between them. Jobs are done when the test says so."""

    def __init__(self, grace_s: float = 0) -> None:
        self.store, self.listing, self.outstanding = MemoryStore(), MemoryListing(), MemoryOutstanding()
        self.queue = MemoryPublisher()
        self.dispatch = Dispatch(self.queue, self.outstanding, 32)
        self._grace_s = grace_s
        self.mender = self.make_mender()

    def make_mender(self) -> Mender:
        """That of a sweep."""
        pace = Pace(FakeQueues(), threading.Event())
        return Mender(
            self.store, self.listing, self.outstanding, self.dispatch, pace, (ACCOUNT, CONTAINER), self._grace_s
        )

    def differences(self) -> list[Difference]:
        """What a merge finds now."""
        blobs = [self.listing.blobs[name] for name in sorted(self.listing.blobs)]
        return list(differences(blobs, Names(self.store, CONTAINER, "", ""), is_last=True))

    def work(self) -> None:
        """Do the oldest job, as inference and results do."""
        if self.queue.messages:
            message = self.queue.messages.pop(0)
            assert isinstance(message, ClassifyJob | StoreBatch)
            if isinstance(message, ClassifyJob):
                done = [self._outcome(image) for image in message.images]
            else:
                done = list(message.results)
            self.store.write(done)
            self.outstanding.settle(one.image for one in done)

    def work_all(self) -> None:
        """Do all jobs."""
        while self.queue.messages:
            self.work()

    def _outcome(self, image: ImageRef) -> Result:
        there = self.listing.blobs.get(image.blob)
        if there is None:
            return Result(image=image, outcome=Outcome.DELETED, completed_at=NOON)
        if there.etag != image.etag:
            return Result(image=image, outcome=Outcome.SUPERSEDED, completed_at=NOON)
        best = (Prediction(label=image.etag, score=1.0),)
        return Result(image=image, outcome=Outcome.CLASSIFIED, predictions=best, model=MODEL, completed_at=NOON)


def test_a_blob_that_nobody_knows_is_classified_with_the_least_sequencer() -> None:
    world = World()
    world.listing.blobs["a.jpg"] = listed()
    counts = world.mender.mend(world.differences())
    assert (counts.mended, counts.deleted, counts.left) == (1, 0, 0)
    (job,) = world.queue.messages
    expected = image_ref(etag="0x9", sequencer="0", content_length=7, requested_at=NOON)
    assert job == ClassifyJob(images=(expected,))
    assert world.outstanding.due([expected.id]) == {expected.id}


def test_a_version_that_is_not_known_follows_on_the_one_that_is() -> None:
    world = World()
    later = NOON + timedelta(hours=1)
    world.store.write([classified(sequencer="0a", requested_at=later)])
    world.listing.blobs["a.jpg"] = listed()
    world.mender.mend(world.differences())
    (job,) = world.queue.messages
    assert isinstance(job, ClassifyJob)
    (image,) = job.images
    assert (image.etag, image.sequencer) == ("0x9", "0a")
    assert image.requested_at == later + timedelta(microseconds=1)


def test_a_blob_that_is_gone_is_deleted() -> None:
    world = World()
    world.store.write([classified()])
    assert world.mender.mend(world.differences()).deleted == 1
    world.work_all()
    assert outcomes(world.store) == {"deleted": 1}
    assert world.differences() == []


def test_a_deleted_blob_that_is_there_again_is_classified() -> None:
    world = World()
    world.store.write([deletion()])
    world.listing.blobs["a.jpg"] = listed(modified=NOON - timedelta(days=1))  # as after an undelete
    world.mender.mend(world.differences())
    world.work_all()
    assert outcomes(world.store) == {"classified": 1}


def test_what_is_no_image_is_rejected() -> None:
    world = World()
    world.listing.blobs["a.txt"] = listed("a.txt", type_="text/plain")
    assert world.mender.mend(world.differences()).mended == 1
    world.work_all()
    assert outcomes(world.store) == {"rejected": 1}


def test_what_is_young_is_left_to_its_event() -> None:
    world = World(grace_s=600)
    world.listing.blobs["a"] = listed("a", modified=now() - timedelta(seconds=590))
    world.listing.blobs["b"] = listed("b", modified=now() - timedelta(seconds=610))
    counts = world.mender.mend(world.differences())
    assert (counts.mended, counts.left) == (1, 1)


def test_what_is_due_is_left_to_who_does_it() -> None:
    world = World()
    world.listing.blobs["a.jpg"] = listed()
    world.mender.mend(world.differences())
    again = world.mender.mend(world.differences())
    assert (again.mended, again.left, len(world.queue.messages)) == (0, 1, 1)


def test_what_is_mended_meanwhile_is_not_mended_again() -> None:
    world = World()
    world.listing.blobs["a.jpg"] = listed()
    before = world.differences()
    world.store.write([classified(sequencer="05")])
    world.listing.blobs["a.jpg"] = listed(etag="0x1")
    assert world.mender.mend(before).mended == 0
    assert world.queue.messages == []


def test_differences_that_are_none_do_no_harm() -> None:
    world = World()
    world.store.write([classified("a"), classified("b"), deletion("c")])
    blobs = {name: listed(name, "0x1") for name in "ab"}
    world.listing.blobs |= blobs
    none = [Difference("a", None), Difference("b", blobs["b"]), Difference("c", None), Difference("nowhere", None)]
    counts = world.mender.mend(none)
    assert (counts.mended, counts.deleted, world.queue.messages) == (0, 0, [])


class Story(World):
    """What happens to one blob, with events that come late or never, and sweeps at any moment.

    Args:
        chance: decides.
    """

    NAME = "a.jpg"

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._clock = NOON
        self._versions = 0
        self.late: list[ImageRef | Result] = []
        self._stale: list[list[Difference]] = []
        self._other = self.make_mender()  # of another process
        self._is_quiet = False
        find, look = self.store.find, self.listing.look
        self.store.find = lambda image_ids: self._beside(lambda: find(image_ids))  # type: ignore[method-assign]
        self.listing.look = lambda names: self._beside(lambda: look(names))  # type: ignore[method-assign]

    def happen(self, *what: Callable[[], None]) -> None:
        """One thing, or nothing."""
        self._chance.choice([*what, self._pass])()

    def _pass(self) -> None:
        pass

    def _beside(self, step: Callable[[], T]) -> T:
        """A step of a sweep, before and after which things happen, among them a whole other sweep."""
        if self._is_quiet:
            return step()
        self._is_quiet = True
        self._much_happens()
        answer = step()
        self._much_happens()
        self._is_quiet = False
        return answer

    def _much_happens(self) -> None:
        for _ in range(self._chance.randrange(12)):
            self.happen(self.deliver, self.write, self.work, self._mend_beside)

    def _mend_beside(self) -> None:
        self._other.mend(self._stale.pop() if self._stale else self.differences())

    def write(self) -> None:
        """The blob is written or deleted, and the event comes some time."""
        self._clock += timedelta(seconds=self._chance.choice([0, 1]))  # a blob's times are whole seconds
        self._versions += 1
        sequencer = f"{self._versions:x}"
        if self.NAME in self.listing.blobs and self._chance.random() < 0.4:
            del self.listing.blobs[self.NAME]
            self.late.append(deletion(self.NAME, sequencer=sequencer))
            return
        etag = f"0x{self._versions}"
        self.listing.blobs[self.NAME] = listed(self.NAME, etag, self._clock)
        self.late.append(image_ref(self.NAME, etag=etag, sequencer=sequencer))

    def set_metadata(self) -> None:
        """Changes the etag, and nobody is told."""
        if self.NAME in self.listing.blobs:
            self._versions += 1
            self.listing.blobs[self.NAME] = listed(self.NAME, f"0x{self._versions}", self._clock)

    def lose(self) -> None:
        """An event never comes."""
        if self.late:
            self.late.pop(self._chance.randrange(len(self.late)))

    def deliver(self) -> None:
        """Any event comes."""
        if self.late:
            self.dispatch.publish([self.late.pop(self._chance.randrange(len(self.late)))])

    def list(self) -> None:
        """A sweep reads the listing and the archive, and does not come to mend for now."""
        self._stale.append(self.differences())

    def mend(self) -> None:
        """One of the sweeps goes on with what it found."""
        if self._stale:
            self.mender.mend(self._stale.pop(self._chance.randrange(len(self._stale))))

    def forget(self) -> None:
        """The broker is wiped: jobs and records of them are gone."""
        self.queue.messages.clear()
        self.outstanding.settle([image_ref(self.NAME, sequencer="f" * 64)])

    def settle(self) -> None:
        """All that is under way comes to its end, in any order. Then nothing happens any more."""
        while self.late or self._stale or self.queue.messages:
            self.happen(self.deliver, self.mend, self.work)
        self._is_quiet = True

    def truth(self) -> tuple[Outcome, str]:
        """What the archive must show."""
        there = self.listing.blobs.get(self.NAME)
        return (Outcome.CLASSIFIED, there.etag) if there else (Outcome.DELETED, "")

    def shown(self) -> tuple[Outcome, str]:
        """What it shows."""
        one = shown(self.store, classified(self.NAME))
        if one is None or one.outcome is Outcome.DELETED:
            return Outcome.DELETED, ""
        return one.outcome, one.image.etag


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_beside_late_events_the_end_is_that_without_sweeps(seed: int, steps: int) -> None:
    story = Story(random.Random(seed))
    for _ in range(steps):
        story.happen(story.write, story.deliver, story.work, story.list, story.mend)
    story.settle()
    assert story.shown() == story.truth()


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_one_sweep_makes_up_for_everything(seed: int, steps: int) -> None:
    story = Story(random.Random(seed))
    for _ in range(steps):
        story.happen(
            story.write, story.deliver, story.work, story.list, story.mend, story.lose, story.set_metadata, story.forget
        )
    story.settle()
    story.list()
    story.mend()
    story.work_all()
    assert story.shown() == story.truth()
    assert story.differences() == []
    assert sum(outcomes(story.store).values()) == (shown(story.store, classified(story.NAME)) is not None)
