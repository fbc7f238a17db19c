"""One job from references to results, with storage and model played by the test."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

import pytest
from PIL import Image

from loupe_inference.answers import Answers, MemoryAnswers, NoAnswers, content_key
from loupe_inference.batcher import Batcher
from loupe_inference.classifier import Classifier
from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel
from loupe_inference.serving import Serving
from loupe_inference.session import ModelSession, Outputs
from loupe_inference.shadows import Shadows
from loupe_inference.stages import Limits, Stages
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.domain import ImageRef, Outcome, Reason, now
from loupe_shared.errors import BlobGone, BlobReplaced, BrokerUnavailable, ImageRejected, StorageUnavailable
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.preprocess import Pixels, Preprocessing
from loupe_shared.result import ModelVersion, Result
from tests.factories import encode, image_ref
from tests.fakes import COLORS, ColorSession, FragilePublisher

RULE = Preprocessing(size=8, crop=1.0, resample="bilinear", oversample=0.0)
VERSION = ModelVersion(name="colors", version=3, preprocessing_hash=RULE.fingerprint())


class Storage:
    """Blobs by name; an exception in place of bytes is raised."""

    def __init__(self, blobs: Mapping[str, bytes | Exception]) -> None:
        self.blobs = blobs

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:
        """The blobs."""
        return [self._read(image, max_bytes) for image in images]

    def _read(self, image: ImageRef, max_bytes: int) -> Future[bytes]:
        read: Future[bytes] = Future()
        blob = self.blobs[image.blob]
        if isinstance(blob, Exception):
            read.set_exception(blob)
        else:
            assert len(blob) <= max_bytes
            read.set_result(blob)
        return read


def picture(color: str, width: int = 20) -> bytes:
    """A small picture of one color."""
    return encode(Image.new("RGB", (width, 10), color))


@pytest.fixture
def session() -> ColorSession:
    """The model."""
    return ColorSession()


@pytest.fixture
def publisher() -> MemoryPublisher:
    """The broker."""
    return MemoryPublisher()


def classifier(
    session: ModelSession,
    publisher: MemoryPublisher,
    storage: Storage,
    decode_timeout_s: float = 10,
    answers: Answers | None = None,
) -> Classifier:
    """A classifier with batches of 4 and two decoders."""
    limits = Limits(max_bytes=100_000, max_pixels=1_000_000, decode_timeout_s=decode_timeout_s)
    stages = Stages(storage, answers or NoAnswers(), limits, decode_threads=2)
    model = ServedModel(
        VERSION, COLORS, RULE, embeds=True, key=b"k" * 32, batcher=Batcher(session, RULE.size, 4, streams=1, writers=2)
    )
    serving = Serving(Lineup.of(model))
    return Classifier(stages, serving, publisher, MemoryOutstanding(), Shadows(stages, serving, publisher, 1))


def job(*blobs: str) -> ClassifyJob:
    """A job for blobs."""
    return ClassifyJob(images=tuple(image_ref(blob) for blob in blobs))


def results(publisher: MemoryPublisher) -> dict[str, Result]:
    """What was published, by blob."""
    return {r.image.blob: r for m in publisher.messages if isinstance(m, StoreBatch) for r in m.results}


def test_every_image_gets_its_own_answer(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({f"{n}.png": picture(COLORS[n % 3], width=20 + n) for n in range(10)})
    assert classifier(session, publisher, storage).handle(job(*storage.blobs)) is None
    assert {blob: r.label for blob, r in results(publisher).items()} == {f"{n}.png": COLORS[n % 3] for n in range(10)}
    assert sum(session.batches) == 10
    assert max(session.batches) <= 4


def test_an_answer_explains_itself(session: ColorSession, publisher: MemoryPublisher) -> None:
    classifier(session, publisher, Storage({"a": picture("red")})).handle(job("a"))
    answer = results(publisher)["a"]
    assert answer.model == VERSION
    assert answer.heatmap == ((255,) * 8,) * 8
    assert answer.properties is not None
    assert (answer.properties.format, answer.properties.width, answer.properties.height) == ("PNG", 20, 10)
    assert answer.properties.size_bytes == len(picture("red"))
    assert min(answer.timings_ms.queued, answer.timings_ms.decode, answer.timings_ms.inference) > 0


BAD: dict[str, tuple[bytes | Exception, Outcome, Reason | None]] = {
    "empty": (b"", Outcome.REJECTED, Reason.EMPTY),
    "text.jpg": (b"Dear reader", Outcome.REJECTED, Reason.NOT_AN_IMAGE),
    "truncated": (picture("red")[:-30], Outcome.REJECTED, Reason.TRUNCATED),
    "huge": (ImageRejected(Reason.TOO_LARGE, "too large"), Outcome.REJECTED, Reason.TOO_LARGE),
    "archived": (ImageRejected(Reason.UNREADABLE, "archived"), Outcome.REJECTED, Reason.UNREADABLE),
    "gone": (BlobGone("gone"), Outcome.DELETED, None),
    "replaced": (BlobReplaced("replaced"), Outcome.SUPERSEDED, None),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_image_costs_its_neighbours_nothing(
    session: ColorSession, publisher: MemoryPublisher, bad: str, place: int
) -> None:
    blob, outcome, reason = BAD[bad]
    names = ["r", "g", "b"]
    names.insert(place, bad)
    storage = Storage({"r": picture("red"), "g": picture("lime"), "b": picture("blue"), bad: blob})
    assert classifier(session, publisher, storage).handle(job(*names)) is None
    found = results(publisher)
    assert (found[bad].outcome, found[bad].reason) == (outcome, reason)
    assert [found[name].label for name in ("r", "g", "b")] == ["red", "lime", "blue"]


def test_only_bad_images(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({name: blob for name, (blob, _, _) in BAD.items()})
    assert classifier(session, publisher, storage).handle(job(*BAD)) is None
    assert {name: r.outcome for name, r in results(publisher).items()} == {n: o for n, (_, o, _) in BAD.items()}
    assert session.batches == []


def test_too_large_by_its_event_is_not_read(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({"a": AssertionError("was read")})
    large = ClassifyJob(images=(image_ref("a", content_length=200_000_000),))
    classifier(session, publisher, storage).handle(large)
    assert results(publisher)["a"].reason is Reason.TOO_LARGE


def test_what_storage_does_not_give_is_left_to_do(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({"a": picture("red"), "b": StorageUnavailable("503"), "c": picture("blue")})
    rest = classifier(session, publisher, storage).handle(job("a", "b", "c"))
    assert rest == job("b")
    assert {blob: r.label for blob, r in results(publisher).items()} == {"a": "red", "c": "blue"}


def test_storage_that_gives_nothing(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({"a": StorageUnavailable("503")})
    assert classifier(session, publisher, storage).handle(job("a")) == job("a")
    assert publisher.messages == []


def test_decoding_that_takes_too_long(
    session: ColorSession, publisher: MemoryPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def decode(*_: object) -> None:
        release.wait()

    monkeypatch.setattr("loupe_inference.stages.decode_into", decode)
    slow = classifier(session, publisher, Storage({name: name.encode() for name in "abc"}), decode_timeout_s=0.05)
    rest = slow.handle(job("a", "b", "c"))
    release.set()
    # Two threads decode, and both hang. The third image was never looked at, so it is tried again.
    late = results(publisher)
    assert {r.reason for r in late.values()} == {Reason.DECODE_TIMEOUT}
    assert len(late) == 2
    assert rest is not None
    assert {*late, *(image.blob for image in rest.images)} == {"a", "b", "c"}


def test_a_broker_that_is_away_is_not_hidden(session: ColorSession) -> None:
    publisher = FragilePublisher()
    publisher.away = True
    with pytest.raises(BrokerUnavailable):
        classifier(session, publisher, Storage({"a": picture("red")})).handle(job("a"))


class BrokenSession:
    """A model that fails."""

    def run(self, batch: Pixels) -> Outputs:
        """Fail."""
        raise RuntimeError(f"no memory for {len(batch)} images")


def test_images_are_done_when_their_results_are_published(session: ColorSession) -> None:
    publisher = FragilePublisher()
    publisher.away = True
    blobs: dict[str, bytes | Exception] = {"a": picture("red"), "b": StorageUnavailable("503"), "c": b"no image"}
    mine = classifier(session, publisher, Storage(blobs))
    with pytest.raises(BrokerUnavailable):
        mine.handle(job(*blobs))
    assert mine.tally.total == 0
    publisher.away = False
    mine.handle(job(*blobs))
    assert mine.tally.total == 2


def test_a_model_that_fails_is_not_hidden(publisher: MemoryPublisher) -> None:
    with pytest.raises(RuntimeError, match="no memory"):
        classifier(BrokenSession(), publisher, Storage({"a": picture("red")})).handle(job("a"))
    assert publisher.messages == []


def test_a_decoder_that_fails_for_a_reason_of_its_own_is_not_hidden(
    session: ColorSession, publisher: MemoryPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr("loupe_inference.stages.decode_into", decode)
    with pytest.raises(KeyError):
        classifier(session, publisher, Storage({"a": picture("red")})).handle(job("a"))


def without_timings(result: Result) -> Result:
    """What of a result depends on its bytes alone."""
    return Result.model_validate(
        result.model_dump(exclude={"timings_ms", "completed_at"}) | {"image": image_ref(), "completed_at": now()},
    ).model_copy(update={"completed_at": image_ref().uploaded_at})


def test_the_same_bytes_are_not_inferred_twice(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage({"a": picture("red"), "b": picture("red"), "c": picture("blue"), "d": picture("red")})
    answers = MemoryAnswers()
    remembering = classifier(session, publisher, storage, answers=answers)
    remembering.handle(job("a", "b", "c"))
    assert sum(session.batches) == 2
    remembering.handle(job("d"))
    assert sum(session.batches) == 2
    found = results(publisher)
    assert without_timings(found["a"]) == without_timings(found["b"]) == without_timings(found["d"])
    assert found["c"].label == "blue"


def test_another_model_does_not_know_the_answers_of_the_first() -> None:
    assert content_key(b"k" * 32, picture("red")) != content_key(b"j" * 32, picture("red"))


def test_bytes_that_are_bad_are_bad_for_all_who_have_them(session: ColorSession, publisher: MemoryPublisher) -> None:
    storage = Storage(dict.fromkeys("abc", b"Dear reader"))
    assert classifier(session, publisher, storage).handle(job("a", "b", "c")) is None
    assert {blob: r.reason for blob, r in results(publisher).items()} == dict.fromkeys("abc", Reason.NOT_AN_IMAGE)
