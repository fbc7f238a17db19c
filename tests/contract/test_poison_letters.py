"""The poison queue of events on real queue storage, filled by ingestion's own adapter."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from azure.storage.queue import QueueClient

from loupe_ingestion.queue_storage import AzureEventQueue
from loupe_local.azurite import ACCOUNT, Azurite
from loupe_query.operate.letters import Letter
from loupe_query.operate.office import Office
from loupe_query.operate.poison_queue import PAGE, STRANGE, PoisonLetters
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.api.operate import LettersById, Source
from loupe_shared.domain import now
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings
from tests.factories import event

CONTENT = json.dumps(event("line 3/ü <&>.jpg"))


@pytest.fixture
def http(storage_settings: StorageSettings) -> Iterator[StorageHttp]:
    """How storage is reached."""
    http = StorageHttp(storage_settings, 4, 5)
    yield http
    http.close()


@pytest.fixture
def events(azurite: Azurite) -> Iterator[QueueClient]:
    """A fresh queue of events, with its poison queue."""
    with azurite.queues() as queues:
        name = f"q{uuid.uuid4().hex}"
        queues.create_queue(f"{name}-poison")
        yield queues.create_queue(name)


@pytest.fixture
def poisoned(azurite: Azurite, events: QueueClient) -> Iterator[QueueClient]:
    """Its poison queue."""
    with azurite.queues() as queues:
        yield queues.get_queue_client(f"{events.queue_name}-poison")


@pytest.fixture
def poison(http: StorageHttp, azurite: Azurite, events: QueueClient) -> Callable[[str, str], None]:
    """Sets an event aside, as ingestion does."""
    return AzureEventQueue(http, azurite.queue_endpoint, events.queue_name, 30).poison


@pytest.fixture
def box(http: StorageHttp, azurite: Azurite, events: QueueClient) -> PoisonLetters:
    """The letters of that queue."""
    return PoisonLetters(http, azurite.queue_endpoint, events.queue_name)


def waiting(queue: QueueClient) -> list[str]:
    """What one can see of a queue."""
    return [message.content for message in queue.peek_messages(PAGE)]


def test_a_letter_has_event_reason_and_time(box: PoisonLetters, poison: Callable[[str, str], None]) -> None:
    assert list(box.letters()) == []
    poison(CONTENT, "no sequencer")
    (letter,) = box.letters()
    assert (letter.source, letter.reason, letter.message) == (Source.EVENTS, "no sequencer", CONTENT)
    assert letter.at
    assert abs(letter.at - now()) < timedelta(minutes=1)
    assert box.obstacle(letter) is None
    assert list(box.letters()) == [letter]


def test_a_replayed_event_is_in_its_queue_again_and_others_stay_in_sight(
    box: PoisonLetters, poison: Callable[[str, str], None], events: QueueClient
) -> None:
    for content in ("one", CONTENT, "three"):
        poison(content, "r")
    one, two, three = box.letters()
    assert box.replay([two]) == 1
    assert waiting(events) == [CONTENT]
    assert {letter.id for letter in box.letters()} == {one.id, three.id}
    assert box.replay([two]) == 0
    assert waiting(events) == [CONTENT]


def test_a_dismissed_event_is_gone(
    box: PoisonLetters, poison: Callable[[str, str], None], events: QueueClient, poisoned: QueueClient
) -> None:
    poison("one", "r")
    poison("two", "r")
    one, two = box.letters()
    assert box.remove([one]) == 1
    (left,) = box.letters()
    assert (left.id, left.message) == (two.id, "two")
    assert box.remove([one, two]) == 1
    assert poisoned.get_queue_properties().approximate_message_count == 0
    assert waiting(events) == []


def test_of_very_many_the_first_are_shown(box: PoisonLetters, poison: Callable[[str, str], None]) -> None:
    for number in range(PAGE + 3):
        poison(f"event {number}", "r")
    assert len(list(box.letters())) == PAGE
    assert box.remove(list(box.letters())) == PAGE
    assert len(list(box.letters())) == 3


def test_what_was_cut_is_not_replayed(
    box: PoisonLetters, poison: Callable[[str, str], None], events: QueueClient
) -> None:
    poison("x" * 65_000, "too long")
    (letter,) = box.letters()
    done = Office([box]).replay(LettersById(ids=(letter.id,)))
    assert (done.done, done.missing) == (0, 0)
    assert "only a part of it was kept" in done.refused[letter.id]
    assert waiting(events) == []
    assert list(box.letters()) == [letter]


@pytest.mark.parametrize("content", ["text", "{}", '["reason"]', '{"reason": 1, "content": "", "cut": 0}'])
def test_what_others_put_there_is_shown_and_can_be_removed(
    box: PoisonLetters, poisoned: QueueClient, content: str
) -> None:
    poisoned.send_message(content)
    (letter,) = box.letters()
    assert (letter.reason, letter.message, box.obstacle(letter)) == (STRANGE, content, STRANGE)
    assert box.remove([letter]) == 1


def test_storage_that_does_not_answer(http: StorageHttp, azurite: Azurite, unused_port: int) -> None:
    letter = Letter("0" * 32, Source.EVENTS, "r", None, "", b"id")
    away = PoisonLetters(http, f"http://127.0.0.1:{unused_port}/{ACCOUNT}", "events")
    unknown = PoisonLetters(http, azurite.queue_endpoint, "no-such-queue")
    for box, said in ((away, "does not answer"), (unknown, "404 QueueNotFound")):
        for call in (lambda box=box: list(box.letters()), lambda box=box: box.remove([letter])):
            with pytest.raises(StorageUnavailable, match=said):
                call()


def test_letters_count_however_many_are_shown(
    box: PoisonLetters, poison: Callable[[str, str], None], http: StorageHttp, azurite: Azurite
) -> None:
    for _ in range(PAGE + 1):
        poison(CONTENT, "no sequencer")
    assert box.count() == PAGE + 1
    with pytest.raises(StorageUnavailable, match="QueueNotFound"):
        PoisonLetters(http, azurite.queue_endpoint, "missing").count()
