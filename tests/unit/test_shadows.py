"""Versions that look on: what they say is compared, never shown, and never waited for."""

import logging

import pytest

from loupe_inference.classifier import Classifier
from loupe_inference.kept import KeepingReader, Kept, KeptReader
from loupe_inference.lineup import Lineup
from loupe_inference.serving import Serving
from loupe_inference.session import ModelSession, Outputs
from loupe_inference.shadows import Shadows
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.messages import ClassifyJob, ShadowBatch, StoreBatch
from loupe_shared.preprocess import Pixels
from loupe_shared.release.release import Canary, Release
from loupe_shared.shadow import Comparison
from tests.factories import image_ref
from tests.fakes import COLORS, FragilePublisher, HeldSession
from tests.model_versions import Storage, model, stages
from tests.waiting import wait_for

RELEASE = Release(name="colors", serving=1, shadows=(2,))
PERMUTED = (COLORS[1], COLORS[2], COLORS[0])


class Worker:
    """A worker with version 2 looking on, whose labels are others."""

    def __init__(
        self,
        publisher: MemoryPublisher,
        storage: Storage,
        *,
        session: ModelSession | None = None,
        release: Release = RELEASE,
        max_waiting: int = 100,
    ) -> None:
        answering = {version: model(version) for version in release.versions if version not in release.shadows}
        looking_on = tuple(model(version, session, PERMUTED) for version in release.shadows)
        self.serving = Serving(Lineup(release, answering, looking_on))
        kept = Kept(100_000)
        reader = KeepingReader(storage, kept, lambda: self.serving.has_shadows)
        self.shadows = Shadows(stages(KeptReader(storage, kept)), self.serving, publisher, 2, max_waiting)
        self._classifier = Classifier(stages(reader), self.serving, publisher, MemoryOutstanding(), self.shadows)

    def classify(self, *blobs: str) -> None:
        """Handle a job."""
        self._classifier.handle(ClassifyJob(images=tuple(image_ref(blob) for blob in blobs)))


def comparisons(publisher: MemoryPublisher) -> list[Comparison]:
    """Everything that was published of shadow versions."""
    return [one for batch in publisher.messages if isinstance(batch, ShadowBatch) for one in batch.comparisons]


def test_what_a_shadow_version_says_is_compared_and_is_in_no_result() -> None:
    publisher = MemoryPublisher()
    worker = Worker(publisher, Storage())
    with worker.shadows:
        worker.classify(*"abcde")
        wait_for(lambda: worker.shadows.compared.total == 5, "all comparisons")
    found = {one.image.blob: one for one in comparisons(publisher)}
    assert set(found) == set("abcde")
    for one in found.values():
        assert (one.model, one.answered.version, one.shadow.version) == ("colors", 1, 2)
        assert (one.answered.label, one.shadow.label) == ("red", "lime")
        assert one.answered.score == one.shadow.score > 0.9
    results = [result for batch in publisher.messages if isinstance(batch, StoreBatch) for result in batch.results]
    assert {result.model.version for result in results if result.model} == {1}
    assert len(results) == 5


def test_each_shadow_version_is_compared_with_whoever_answered() -> None:
    publisher = MemoryPublisher()
    release = Release(name="colors", serving=1, canary=Canary(version=2, share=0.5), shadows=(3, 4))
    worker = Worker(publisher, Storage(), release=release)
    blobs = [f"{number}.png" for number in range(16)]
    with worker.shadows:
        worker.classify(*blobs)
        wait_for(lambda: worker.shadows.compared.total == 32, "all comparisons")
    assert {(one.image.blob, one.answered.version, one.shadow.version) for one in comparisons(publisher)} == {
        (blob, release.version_for(image_ref(blob).id), shadow) for blob in blobs for shadow in (3, 4)
    }


def test_no_image_is_fetched_twice() -> None:
    storage = Storage()
    worker = Worker(MemoryPublisher(), storage)
    with worker.shadows:
        worker.classify(*"abc")
        wait_for(lambda: worker.shadows.compared.total == 3, "all comparisons")
    assert sorted(storage.asked) == ["a", "b", "c"]


def test_what_was_not_kept_is_fetched_again() -> None:
    storage, kept = Storage(), Kept(limit=100)
    images = [image_ref("a"), image_ref("b")]
    kept.add(images[0], bytes(60))
    kept.add(images[1], bytes(50))
    again = [read.result() for read in KeptReader(storage, kept).read(images, 100)]
    assert again == [Storage().read(images[:1], 100)[0].result(), bytes(50)]
    assert storage.asked == ["a"]


def test_nothing_is_kept_when_nobody_looks_on() -> None:
    storage, kept, looks_on = Storage(), Kept(100_000), [True]
    reader = KeepingReader(storage, kept, lambda: looks_on[0])
    reader.read([image_ref("a")], 100_000)
    assert kept.find(image_ref("a"))
    looks_on[0] = False
    reader.read([image_ref("b")], 100_000)
    assert kept.find(image_ref("a")) is kept.find(image_ref("b")) is None


def test_images_that_were_not_classified_are_not_compared() -> None:
    publisher = MemoryPublisher()
    worker = Worker(publisher, Storage({"bad": b"Dear reader"}))
    with worker.shadows:
        worker.classify("bad", "good")
        wait_for(lambda: worker.shadows.compared.total == 1, "the comparison")
    assert [one.image.blob for one in comparisons(publisher)] == ["good"]
    assert worker.shadows.dropped.total == 0


def test_no_image_is_shown_to_shadow_versions_while_there_is_a_job() -> None:
    publisher, session = MemoryPublisher(), HeldSession()
    session.release.set()
    worker = Worker(publisher, Storage(), session=session)
    with worker.shadows, worker.shadows.job():
        worker.classify(*"abc")
        assert not session.entered.wait(0.1)
    assert comparisons(publisher) == []
    assert worker.shadows.dropped.total == 3


def test_a_shadow_version_that_hangs_is_waited_for_by_nobody() -> None:
    publisher, session = MemoryPublisher(), HeldSession()
    worker = Worker(publisher, Storage(), session=session, max_waiting=4)
    with worker.shadows:
        worker.classify(*"ab")
        assert session.entered.wait(10)
        for number in range(10):
            worker.classify(f"{number}")
        results = [result for batch in publisher.messages if isinstance(batch, StoreBatch) for result in batch.results]
        assert len(results) == 12
        assert worker.shadows.dropped.total == 6  # two are being looked at, and four wait
        session.release.set()
        wait_for(lambda: worker.shadows.compared.total == 6, "what waited")


class BrokenSession:
    """A model that fails."""

    def run(self, batch: Pixels) -> Outputs:
        """Fail."""
        raise RuntimeError(f"no memory for {len(batch)} images")


def test_a_shadow_version_that_fails_costs_nothing_but_its_comparisons(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    publisher = MemoryPublisher()
    worker = Worker(publisher, Storage(), session=BrokenSession())
    with worker.shadows:
        worker.classify(*"abc")
        wait_for(lambda: worker.shadows.dropped.total == 3, "them to be dropped")
        worker.classify("d")
        wait_for(lambda: worker.shadows.dropped.total == 4, "the next to be dropped")
    assert comparisons(publisher) == []
    assert "no memory" in caplog.text


def test_comparisons_that_the_broker_does_not_take_are_counted() -> None:
    publisher = FragilePublisher()
    worker = Worker(publisher, Storage())
    with worker.shadows:
        with worker.shadows.job():
            worker.classify(*"abc")
            publisher.away = True
        wait_for(lambda: worker.shadows.dropped.total == 3, "them to be dropped")
    assert worker.shadows.compared.total == 0


def test_what_waits_when_the_worker_ends_is_counted() -> None:
    worker = Worker(MemoryPublisher(), Storage())
    with worker.shadows, worker.shadows.job():
        worker.classify(*"abcd")
    assert worker.shadows.dropped.total == 4
