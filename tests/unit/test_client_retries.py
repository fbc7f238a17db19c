"""What is asked again, and when."""

from collections.abc import Callable, Sequence

import httpx2
import pytest

from loupe_client import Loupe, NotFound, Unavailable, Unreachable
from loupe_client.connection import MAX_WAIT_S

COUNTS: dict[str, dict[str, int]] = {
    "outcomes": {},
    "labels": {},
    "reasons": {},
    "reviews": {},
    "models": {},
    "containers": {},
}
BUSY = {"title": "Busy", "detail": "come again", "status": 503}


class Server:
    """Gives these answers, one after another; keeps what it was asked, and for how long the client slept."""

    def __init__(self, answers: Sequence[httpx2.Response | httpx2.TransportError]) -> None:
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []
        self._answers = iter(answers)

    def client(self, token: Callable[[], str] | None = None, retries: int = 3) -> Loupe:
        """A client of it."""
        return Loupe(
            "http://x",
            token=token,
            retries=retries,
            transport=httpx2.MockTransport(self._answer),
            sleep=self.pauses.append,
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, httpx2.TransportError):
            raise answer
        return answer


def busy(retry_after: str | None = None, status: int = 503) -> httpx2.Response:
    """An answer that asks for patience."""
    return httpx2.Response(status, json=BUSY, headers={"Retry-After": retry_after} if retry_after else {})


def counts() -> httpx2.Response:
    """An answer that is one."""
    return httpx2.Response(200, json=COUNTS)


def test_the_server_says_when_to_come_again() -> None:
    server = Server([busy("5"), busy("2", 429), busy("0", 502), counts()])
    with server.client() as loupe:
        assert loupe.counts().labels == {}
    assert server.pauses == [5, 2, 0]


def test_without_a_time_the_pauses_grow() -> None:
    server = Server([busy(), busy(status=504), busy("Wed, 21 Oct 2026 07:28:00 GMT"), counts()])
    with server.client() as loupe:
        assert loupe.counts().labels == {}
    assert server.pauses == [1, 2, 4]


@pytest.mark.parametrize("retries", [0, 2])
def test_it_is_asked_a_bounded_number_of_times(retries: int) -> None:
    server = Server([busy("1")] * 10)
    with server.client(retries=retries) as loupe, pytest.raises(Unavailable, match="503: come again") as refused:
        loupe.counts()
    assert (refused.value.title, len(server.requests), server.pauses) == ("Busy", retries + 1, [1] * retries)


def test_nobody_waits_for_very_long() -> None:
    server = Server([busy(str(int(MAX_WAIT_S) + 1))])
    with server.client() as loupe, pytest.raises(Unavailable):
        loupe.counts()
    assert server.pauses == []


@pytest.mark.parametrize("answer", [httpx2.Response(404, json=BUSY), httpx2.Response(500), httpx2.Response(501)])
def test_what_will_not_change_is_asked_once(answer: httpx2.Response) -> None:
    server = Server([answer])
    with server.client() as loupe, pytest.raises(Exception, match=str(answer.status_code)):
        loupe.counts()
    assert len(server.requests) == 1


def test_a_broken_connection_is_told_with_its_cause() -> None:
    cause = httpx2.ReadTimeout("")
    server = Server([cause])
    with server.client() as loupe, pytest.raises(Unreachable, match="no whole answer came: ReadTimeout") as unreachable:
        loupe.counts()
    assert unreachable.value.__cause__ is cause


def test_readiness_is_asked_once() -> None:
    server = Server([busy("1"), httpx2.ConnectError("no"), httpx2.Response(200)])
    with server.client() as loupe:
        assert [loupe.is_ready() for _ in range(3)] == [False, False, True]
    assert server.pauses == []


def test_a_request_is_repeated_as_it_was_with_a_fresh_token() -> None:
    tokens = iter(["one", "two"])
    server = Server([busy("1"), httpx2.Response(404, json=BUSY)])
    with server.client(token=lambda: next(tokens)) as loupe, pytest.raises(NotFound):
        loupe.review("images", "a.jpg", "cat", etag="0x1")
    first, second = server.requests
    assert first.content == second.content == b'{"label":"cat","etag":"0x1"}'
    assert (first.method, first.url) == (second.method, second.url)
    assert second.headers["Authorization"] == "Bearer two"
