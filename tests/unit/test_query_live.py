"""The live stream, over a real connection."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn

from loupe_query import live
from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import create_app
from loupe_shared.adapters.memory import MemoryChanges
from loupe_shared.adapters.web import Ending
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.ports import Change
from tests.apps import archive
from tests.factories import rejection, result
from tests.waiting import wait_for

CAT, DOG, BAD = (one.document() for one in (result("cat"), result("dog", "dog", score=0.9), rejection("bad")))


@contextmanager
def serving(changes: MemoryChanges, ending: Ending, port: int) -> Iterator[httpx2.Client]:
    """The API in a thread of its own."""
    app = create_app(archive(changes=changes, announcer=changes), Access(AccessSettings()), ending)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started, "the server")
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield client
    finally:
        ending.begin()
        server.should_exit = True
        thread.join()


def read(lines: Iterator[str], count: int) -> list[tuple[str, str, str]]:
    """Id, type and data of the next events, without those that have no data."""
    found: list[tuple[str, str, str]] = []
    event: dict[str, str] = {}
    while len(found) < count:
        name, _, value = next(lines).partition(": ")
        if name:
            event[name] = value
        elif event:
            if "data" in event:
                found.append((event.get("id", ""), event.get("event", ""), event["data"]))
            event = {}
    return found


def test_what_happens_is_told_as_it_happens_and_resumed_where_it_was(unused_port: int) -> None:
    changes = MemoryChanges()
    changes.announce([CAT])
    with serving(changes, Ending(), unused_port) as client:
        with client.stream("GET", "/v1/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert [next(lines), next(lines)] == ["retry: 2000", "id: 0-1"]
            changes.announce([DOG])
            changes.announce([BAD, CAT])
            events = read(lines, 3)
            assert [data for _, _, data in events] == [DOG, BAD, CAT]
            assert {type_ for _, type_, _ in events} == {"image"}
        with client.stream("GET", "/v1/stream", headers={"Last-Event-ID": events[0][0]}) as stream:
            assert read(stream.iter_lines(), 2) == events[1:]


@pytest.mark.parametrize("known", ["0-99", "never was", "1"])
def test_who_was_away_too_long_is_told_to_reload(unused_port: int, known: str) -> None:
    changes = MemoryChanges()
    changes.announce([CAT])
    with (
        serving(changes, Ending(), unused_port) as client,
        client.stream("GET", "/v1/stream", headers={"Last-Event-ID": known}) as stream,
    ):
        lines = stream.iter_lines()
        assert read(lines, 1) == [("0-1", "reload", "{}")]
        changes.announce([DOG])
        assert [data for _, _, data in read(lines, 1)] == [DOG]


def test_only_what_matches_is_told(unused_port: int) -> None:
    changes = MemoryChanges()
    with serving(changes, Ending(), unused_port) as client:
        with client.stream("GET", "/v1/stream", params={"label": "dog", "min_score": "0.5"}) as stream:
            lines = stream.iter_lines()
            next(lines)
            changes.announce([CAT, BAD, DOG])
            assert [data for _, _, data in read(lines, 1)] == [DOG]
        assert client.get("/v1/stream?since=2026-11-22T12:00:00Z").status_code == 422


def test_streams_end_when_the_service_does(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAIT_S", 0.05)
    ending = Ending()
    with serving(MemoryChanges(), ending, unused_port) as client, client.stream("GET", "/v1/stream") as stream:
        lines = stream.iter_lines()
        next(lines)
        ending.begin()
        assert [line for line in lines if line.startswith("data")] == []


def test_a_quiet_stream_shows_that_it_lives(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAIT_S", 0.01)
    monkeypatch.setattr(live, "QUIET_WAITS", 2)
    changes = MemoryChanges()
    with (
        serving(changes, Ending(), unused_port) as client,
        client.stream("GET", "/v1/stream", params={"label": "dog"}) as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("id")) == "id: 0-0"
        changes.announce([CAT])  # is not shown, but counts
        assert next(line for line in lines if line == "id: 0-1")


def test_there_are_not_more_streams_than_the_service_can_bear(
    unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    monkeypatch.setattr(live, "WAIT_S", 0.05)
    with serving(MemoryChanges(), Ending(), unused_port) as client:
        with client.stream("GET", "/v1/stream") as stream:
            lines = stream.iter_lines()  # it would close the connection if nobody held it
            next(lines)
            refused = client.get("/v1/stream")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")

        def again() -> bool:
            with client.stream("GET", "/v1/stream") as stream:
                return stream.status_code == httpx2.codes.OK

        wait_for(again, "the place of the stream that has ended")


class AwayChanges(MemoryChanges):
    """A broker that goes away."""

    async def after(self, id_: str, wait_s: float) -> list[Change]:
        """Fail."""
        raise BrokerUnavailable(f"gone after {id_} and {wait_s}")


def test_without_a_broker_a_stream_ends_and_the_client_comes_again(unused_port: int) -> None:
    with serving(AwayChanges(), Ending(), unused_port) as client, client.stream("GET", "/v1/stream") as stream:
        assert list(stream.iter_lines()) == ["retry: 2000", "id: 0-0", ""]


class ForgetfulChanges(MemoryChanges):
    """A stream that has forgotten what a slow reader has not read."""

    async def has_all_after(self, id_: str) -> bool:
        """Only the latest."""
        return id_ == await self.latest()


def test_who_reads_too_slowly_is_told_to_reload(unused_port: int) -> None:
    changes = ForgetfulChanges()
    with serving(changes, Ending(), unused_port) as client, client.stream("GET", "/v1/stream") as stream:
        lines = stream.iter_lines()
        next(lines)
        changes.announce([CAT] * (live.MANY + 1))
        assert read(lines, 1) == [(f"0-{live.MANY + 1}", "reload", "{}")]
        changes.announce([DOG])
        assert [data for _, _, data in read(lines, 1)] == [DOG]


def test_batch_jobs_are_told_whatever_images_are_chosen(unused_port: int) -> None:
    changes, job = MemoryChanges(), '{"state":"running"}'
    with serving(changes, Ending(), unused_port) as client, client.stream("GET", "/v1/stream?label=dog") as response:
        lines = response.iter_lines()
        next(lines)
        changes.announce([CAT])
        changes.announce([job], "job")
        changes.announce([DOG])
        assert [event[1:] for event in read(lines, 2)] == [("job", job), ("image", DOG)]
