"""The live stream, over connections that break."""

from collections.abc import Callable, Iterator
from itertools import islice

import httpx2
import pytest

from loupe_client import ChangesMissed, Invalid, Loupe, NotAllowed, Refused, Unavailable, Unreachable
from loupe_client.stream import MAX_PAUSE_S
from loupe_query import live
from loupe_shared.adapters.memory import MemoryChanges
from tests.apps import archive
from tests.factories import rejection, result
from tests.unit.test_client import serving

CAT, DOG, BAD = result("cat"), result("dog", "dog\u2028\x85", score=0.9), rejection("bad")


@pytest.fixture(autouse=True)
def _ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAIT_S", 0.05)


@pytest.fixture
def changes() -> MemoryChanges:
    """What happens."""
    changes = MemoryChanges()
    changes.announce([CAT.document()])
    return changes


def test_what_happens_from_now_on(changes: MemoryChanges, unused_port: int) -> None:
    with serving(archive(changes=changes), unused_port) as url, Loupe(url) as loupe:
        with loupe.stream() as everything, loupe.stream(label=DOG.label, min_score=0.5) as dogs:
            changes.announce([BAD.document(), CAT.document()])
            changes.announce([DOG.document()])
            assert [one.image.blob for one in islice(everything, 3)] == ["bad", "cat", "dog"]
            assert next(dogs).label == DOG.label
        with pytest.raises(Invalid, match=r"query\.min_score"):
            loupe.stream(min_score=2)


def test_what_happens_while_the_service_is_away_comes_when_it_is_back(changes: MemoryChanges, unused_port: int) -> None:
    over, pauses = archive(changes=changes), list[float]()
    with serving(over, unused_port) as url:
        loupe = Loupe(url, sleep=pauses.append)
        stream = loupe.stream()
        changes.announce([BAD.document()])
        assert next(stream).image.blob == "bad"
    changes.announce([DOG.document()])
    with serving(over, unused_port):
        assert next(stream).image.blob == "dog"
        changes.announce([CAT.document()])
        assert next(stream).image.blob == "cat"
        stream.close()
        changes.announce([BAD.document()])
        assert next(stream).image.blob == "bad"
        stream.close()
    loupe.close()
    assert pauses
    assert set(pauses) == {live.RECONNECT_MS / 1000}


def test_who_was_away_for_too_long_is_told_and_goes_on(changes: MemoryChanges, unused_port: int) -> None:
    with serving(archive(changes=changes), unused_port) as url:
        loupe = Loupe(url, sleep=lambda _: None)
        stream = loupe.stream()
    forgetful = MemoryChanges()
    with serving(archive(changes=forgetful), unused_port):
        with pytest.raises(ChangesMissed, match="ask for the list again"):
            next(stream)
        forgetful.announce([DOG.document()])
        assert next(stream).image.blob == "dog"
        stream.close()
    loupe.close()


def test_a_stream_that_cannot_be_opened(
    changes: MemoryChanges, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 0)
    pauses: list[float] = []
    with (
        serving(archive(changes=changes), unused_port) as url,
        Loupe(url, sleep=pauses.append) as loupe,
        pytest.raises(Unavailable, match="open already"),
    ):
        loupe.stream()
    assert pauses == [10, 10, 10]
    with Loupe(url) as loupe, pytest.raises(Unreachable):
        loupe.stream()


Answer = Callable[[httpx2.Request], httpx2.Response]


def events(*texts: str) -> Answer:
    """An answer that is a stream of these events."""
    text = "".join(f"{text}\n\n" for text in texts)
    return lambda _: httpx2.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


def away(request: httpx2.Request) -> httpx2.Response:
    """No answer."""
    raise httpx2.ConnectError("refused", request=request)


def status(code: int) -> Answer:
    """An answer that is an error."""
    return lambda _: httpx2.Response(code)


class Broken(httpx2.SyncByteStream):
    """An answer that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield f"id: 7-0\n\nid: 8-0\nevent: image\ndata: {CAT.document()}\n\nid: 9-0\nevent: ima".encode()
        raise httpx2.ReadError("reset")


def streaming(*answers: Answer) -> tuple[Loupe, list[float], list[str | None]]:
    """A client that gets these answers, its pauses, and the ids that it sends."""
    given, pauses, ids = iter(answers), list[float](), list[str | None]()

    def handle(request: httpx2.Request) -> httpx2.Response:
        ids.append(request.headers.get("Last-Event-ID"))
        return next(given)(request)

    return Loupe("http://x", retries=0, transport=httpx2.MockTransport(handle), sleep=pauses.append), pauses, ids


def test_pauses_grow_until_there_is_an_answer() -> None:
    one = f"id: 2-0\nevent: image\ndata: {CAT.document()}"
    loupe, pauses, ids = streaming(
        events("retry: 3000\nid: 1-0"),
        *[away] * 5,
        status(503),
        status(502),
        events(),
        events("id: 1-0", one),
        events("id: 2-0", one),
    )
    stream = loupe.stream()
    assert [next(stream).image.blob, next(stream).image.blob] == ["cat", "cat"]
    assert pauses == [3, 6, 12, 24, 48, *[MAX_PAUSE_S] * 4, 3]
    assert ids == [None, *["1-0"] * 9, "2-0"]


def test_half_an_event_is_none() -> None:
    broken = httpx2.Response(200, stream=Broken(), headers={"Content-Type": "text/event-stream"})
    loupe, _, ids = streaming(
        lambda _: broken, events("id: 8-0", ": nothing new", f"event: image\nid: 9-0\ndata: {DOG.document()}")
    )
    stream = loupe.stream()
    assert [next(stream).image.blob, next(stream).image.blob] == ["cat", "dog"]
    assert ids == [None, "8-0"]


def test_a_stream_that_is_not_let_go_on() -> None:
    loupe, _, _ = streaming(events("id: 1-0"), status(401), status(404))
    stream = loupe.stream()
    with pytest.raises(NotAllowed):
        next(stream)
    with pytest.raises(Refused, match="404"):
        next(stream)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (events(), "before it began"),
        (lambda _: httpx2.Response(200, html="<h1>A captive portal</h1>"), "text/event-stream"),
    ],
)
def test_what_is_no_stream(answer: Answer, says: str) -> None:
    loupe, _, _ = streaming(answer)
    with pytest.raises(Unreachable, match=says):
        loupe.stream()
