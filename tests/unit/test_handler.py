"""What follows from blob events."""

from dataclasses import replace
from typing import Any

import pytest

from loupe_ingestion.events import BlobEvent, read_event
from loupe_ingestion.handler import EventHandler
from loupe_ingestion.memory import MemoryLedger
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryPublisher
from loupe_shared.domain import Outcome, Reason, image_id
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.telemetry.metrics import EVENTS
from tests.factories import ACCOUNT, CONTAINER, event
from tests.fakes import FragilePublisher
from tests.metering import Growth


@pytest.fixture
def publisher() -> MemoryPublisher:
    """A broker in memory."""
    return MemoryPublisher()


@pytest.fixture
def handler(publisher: MemoryPublisher) -> EventHandler:
    """A handler that knows no events yet."""
    return EventHandler(publisher, MemoryLedger(), MemoryOutstanding(), ACCOUNT, CONTAINER, job_size=32)


def created(blob: str = "a.jpg", sequencer: str = "05", **changes: Any) -> BlobEvent:  # noqa: ANN401
    """A blob came to be."""
    read = read_event(event(blob, sequencer=sequencer, **changes))
    assert read
    return read


def deleted(blob: str = "a.jpg", sequencer: str = "06") -> BlobEvent:
    """A blob was deleted."""
    read = read_event(event(blob, kind="Deleted", api="DeleteBlob", sequencer=sequencer, eTag=None))
    assert read
    return read


def jobs(publisher: MemoryPublisher) -> list[list[str]]:
    """The blobs of each published job."""
    return [[image.blob for image in m.images] for m in publisher.messages if isinstance(m, ClassifyJob)]


def outcomes(publisher: MemoryPublisher) -> list[tuple[str, Outcome, Reason | None]]:
    """The published results."""
    batches = [m for m in publisher.messages if isinstance(m, StoreBatch)]
    return [(r.image.blob, r.outcome, r.reason) for batch in batches for r in batch.results]


def test_an_event_becomes_a_job_with_all_that_is_needed(handler: EventHandler, publisher: MemoryPublisher) -> None:
    assert handler.handle([created("line-3/a.jpg")]) == 1
    (job,) = publisher.messages
    assert isinstance(job, ClassifyJob)
    (image,) = job.images
    assert image.id == image_id(ACCOUNT, CONTAINER, "line-3/a.jpg")
    assert (image.etag, image.sequencer, image.content_length) == ("0x8DE29A7F1C2B3A4", "05", 184320)


def test_many_events_become_full_jobs(handler: EventHandler, publisher: MemoryPublisher) -> None:
    handler.handle([created(f"{n}.jpg") for n in range(70)])
    assert [len(job) for job in jobs(publisher)] == [32, 32, 6]


@pytest.mark.parametrize("changes", [{"account": "stranger"}, {"container": "other"}])
def test_events_of_others_are_ignored(
    handler: EventHandler, publisher: MemoryPublisher, changes: dict[str, str]
) -> None:
    stranger = replace(created(), image=created().image.model_copy(update=changes))
    assert handler.handle([stranger, created("ours.jpg")]) == 1
    assert jobs(publisher) == [["ours.jpg"]]


def test_duplicates_are_dropped(handler: EventHandler, publisher: MemoryPublisher) -> None:
    assert handler.handle([created(), created()]) == 1
    assert handler.handle([created()]) == 0
    assert jobs(publisher) == [["a.jpg"]]


def test_stale_events_are_dropped(handler: EventHandler, publisher: MemoryPublisher) -> None:
    handler.handle([created(sequencer="10")])
    assert handler.handle([created(sequencer="f")]) == 0
    assert handler.handle([created(sequencer="0011")]) == 1
    assert jobs(publisher) == [["a.jpg"], ["a.jpg"]]


def test_a_delete_beats_a_late_create(handler: EventHandler, publisher: MemoryPublisher) -> None:
    handler.handle([deleted(sequencer="06")])
    handler.handle([created(sequencer="05")])
    assert jobs(publisher) == []
    assert outcomes(publisher) == [("a.jpg", Outcome.DELETED, None)]


def test_of_one_delivery_only_the_newest_event_counts(handler: EventHandler, publisher: MemoryPublisher) -> None:
    handler.handle([deleted(sequencer="06"), created(sequencer="05"), created("b.jpg"), deleted("b.jpg", "04")])
    assert jobs(publisher) == [["b.jpg"]]
    assert outcomes(publisher) == [("a.jpg", Outcome.DELETED, None)]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "video/mp4"])
def test_what_says_that_it_is_no_image_is_rejected_unread(
    handler: EventHandler, publisher: MemoryPublisher, content_type: str
) -> None:
    handler.handle([created(contentType=content_type)])
    assert jobs(publisher) == []
    assert outcomes(publisher) == [("a.jpg", Outcome.REJECTED, Reason.NOT_AN_IMAGE)]


@pytest.mark.parametrize("content_type", ["image/webp", "IMAGE/JPEG", "application/octet-stream", "", None])
def test_what_may_be_an_image_is_looked_at(
    handler: EventHandler, publisher: MemoryPublisher, content_type: str | None
) -> None:
    handler.handle([created(contentType=content_type)])
    assert jobs(publisher) == [["a.jpg"]]


def test_an_event_is_remembered_only_after_its_job_is_in_the_broker() -> None:
    publisher = FragilePublisher()
    publisher.away = True
    handler = EventHandler(publisher, MemoryLedger(), MemoryOutstanding(), ACCOUNT, CONTAINER, job_size=32)
    with pytest.raises(BrokerUnavailable):
        handler.handle([created()])
    publisher.away = False
    assert handler.handle([created()]) == 1
    assert jobs(publisher) == [["a.jpg"]]


def test_what_is_lost_in_the_broker_is_published_again(publisher: MemoryPublisher) -> None:
    outstanding = MemoryOutstanding()
    handler = EventHandler(publisher, MemoryLedger(), outstanding, ACCOUNT, CONTAINER, job_size=32)
    handler.handle([created("a"), created("b"), deleted("c")])
    assert handler.rescue(after_s=60) == 0
    published = publisher.messages[:]
    assert handler.rescue(after_s=-1) == 3
    assert publisher.messages == published * 2
    outstanding.settle([image for m in published if isinstance(m, ClassifyJob) for image in m.images])
    assert handler.rescue(after_s=-1) == 1


def test_events_count_by_what_becomes_of_them(handler: EventHandler) -> None:
    events = Growth(EVENTS)
    assert read_event(event(api="CreateFile")) is None
    assert read_event({**event(), "eventType": "Microsoft.Storage.BlobTierChanged"}) is None
    handler.handle(
        [created("a.jpg", "05"), created("a.jpg", "06"), created("b.jpg"), created("c.jpg", container="logs")]
    )
    handler.handle([created("b.jpg")])
    assert {ending: events(ending) for ending in ("published", "stale", "ignored", "poisoned")} == {
        "published": 2,
        "stale": 2,
        "ignored": 3,
        "poisoned": 0,
    }


def test_events_that_were_not_published_count_when_they_are() -> None:
    publisher, events = FragilePublisher(), Growth(EVENTS)
    handler = EventHandler(publisher, MemoryLedger(), MemoryOutstanding(), ACCOUNT, CONTAINER, job_size=32)
    publisher.away = True
    with pytest.raises(BrokerUnavailable):
        handler.handle([created()])
    publisher.away = False
    handler.handle([created()])
    assert events("published") == 1
