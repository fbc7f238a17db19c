"""The results writer."""

from collections.abc import Sequence

import pytest

from loupe_results.writer import Writer
from loupe_shared.adapters.memory import MemoryAnnouncer, MemoryOutstanding, MemoryStore
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import StoreBatch
from loupe_shared.ports import EventType
from loupe_shared.telemetry.metrics import RESULTS_SHOWN, RESULTS_WRITTEN, UPLOAD_TO_RESULT
from tests.factories import rejection, result
from tests.metering import Growth
from tests.stored import shown


def test_results_are_stored_with_the_time_of_storing() -> None:
    store = MemoryStore()
    before = now()
    Writer(store, MemoryOutstanding(), MemoryAnnouncer(), handlers=1).handle(
        StoreBatch(results=(result("a"), rejection("b")))
    )
    stored = shown(store, result("a"))
    assert stored is not None
    assert stored.stored_at is not None
    assert before <= stored.stored_at <= now()
    assert stored.model_copy(update={"stored_at": None}) == result("a")


def test_the_first_time_of_storing_stays() -> None:
    store = MemoryStore()
    writer = Writer(store, MemoryOutstanding(), MemoryAnnouncer(), handlers=1)
    writer.handle(StoreBatch(results=(result(),)))
    first = shown(store, result())
    writer.handle(StoreBatch(results=(result(),)))
    assert shown(store, result()) == first


def test_what_is_stored_is_not_outstanding_any_more() -> None:
    outstanding = MemoryOutstanding()
    outstanding.add([result("a").image, result("b").image])
    Writer(MemoryStore(), outstanding, MemoryAnnouncer(), handlers=1).handle(StoreBatch(results=(result("a"),)))
    assert outstanding.lost(after_s=-1) == [result("b").image]


class FragileAnnouncer(MemoryAnnouncer):
    """An announcer that can be away."""

    away = True

    def announce(self, documents: Sequence[str], event: EventType = "image") -> None:
        """Fail, or not."""
        if self.away:
            raise BrokerUnavailable("the broker is away")
        super().announce(documents, event)


def test_what_was_written_but_not_announced_is_announced_when_it_comes_again() -> None:
    announcer, store = FragileAnnouncer(), MemoryStore()
    writer = Writer(store, MemoryOutstanding(), announcer, handlers=1)
    with pytest.raises(BrokerUnavailable):
        writer.handle(StoreBatch(results=(result("a"),)))
    announcer.away = False
    writer.handle(StoreBatch(results=(result("a"),)))
    assert announcer.documents == list(store.find([result("a").image.id]).values())


def test_images_are_done_when_they_are_written_and_announced() -> None:
    announcer = FragileAnnouncer()
    writer = Writer(MemoryStore(), MemoryOutstanding(), announcer, handlers=1)
    batch = StoreBatch(results=(result("a"), rejection("b")))
    with pytest.raises(BrokerUnavailable):
        writer.handle(batch)
    assert writer.tally.total == 0
    announcer.away = False
    writer.handle(batch)
    assert writer.tally.total == 2


def test_only_what_is_shown_is_announced() -> None:
    announcer = MemoryAnnouncer()
    store = MemoryStore()
    writer = Writer(store, MemoryOutstanding(), announcer, handlers=1)
    writer.handle(StoreBatch(results=(result("a"), result("b", sequencer="02"))))
    assert announcer.documents == list(store.find([result("a").image.id, result("b").image.id]).values())
    writer.handle(StoreBatch(results=(result("b"), result("c", sequencer="00"), result("c"))))
    assert announcer.documents[2:] == list(store.find([result("c").image.id]).values())


def test_results_count_when_they_are_written_and_when_they_are_shown() -> None:
    written, seen, took = Growth(RESULTS_WRITTEN), Growth(RESULTS_SHOWN), Growth(UPLOAD_TO_RESULT)
    writer = Writer(MemoryStore(), MemoryOutstanding(), MemoryAnnouncer(), handlers=1)
    asked_anew = result("a", requested_at=now())
    writer.handle(StoreBatch(results=(asked_anew, rejection("b"))))
    writer.handle(StoreBatch(results=(result("a"),)))  # of the event before, so it is history
    assert (written("classified"), written("rejected"), seen()) == (2, 1, 2)
    # What somebody asked for says nothing of how long a new image takes.
    assert took(ending="_count") == 2
