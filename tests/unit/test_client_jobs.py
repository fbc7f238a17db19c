"""Following a batch job until it has ended."""

import json
from collections.abc import Iterable

import httpx2
import pytest

from loupe_client import Conflict, Loupe, NotFound
from loupe_client.jobs import FIRST_PAUSE_S, MAX_PAUSE_S
from loupe_query.jobs.examples import JOB
from loupe_shared.batch.job import State

Answer = httpx2.Response | httpx2.TransportError


def at(state: str, **changes: object) -> httpx2.Response:
    """A job in a state."""
    return httpx2.Response(200, json=JOB | {"state": state} | changes)


def client(answers: Iterable[Answer], pauses: list[float] | None = None) -> Loupe:
    """A client that is given these answers."""
    rest = iter(answers)

    def answer(_: httpx2.Request) -> httpx2.Response:
        given = next(rest)
        if isinstance(given, httpx2.Response):
            return given
        raise given

    taken: list[float] = [] if pauses is None else pauses
    return Loupe("http://api", retries=0, transport=httpx2.MockTransport(answer), sleep=taken.append)


def test_a_job_is_looked_at_less_and_less_often_until_it_has_ended() -> None:
    pauses: list[float] = []
    with client([*[at("running")] * 12, at("completed")], pauses) as loupe:
        assert loupe.wait(JOB["id"]).state is State.COMPLETED
    assert (len(pauses), pauses[0], pauses[-1]) == (12, FIRST_PAUSE_S, MAX_PAUSE_S)
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_every_end_is_one(state: str) -> None:
    with client([at("queued"), at("paused"), at(state, reason="too many")]) as loupe:
        assert [job.state for job in loupe.follow(JOB["id"])] == ["queued", "paused", state]


def test_an_api_that_is_away_for_a_while_does_not_end_the_waiting() -> None:
    away = httpx2.ConnectError("refused")
    with client([at("running"), away, httpx2.Response(503), away, at("completed")]) as loupe:
        assert [job.state for job in loupe.follow(JOB["id"])] == ["running", "completed"]


def test_what_is_refused_ends_the_waiting() -> None:
    with client([at("running"), httpx2.Response(404)]) as loupe, pytest.raises(NotFound):
        loupe.wait(JOB["id"])


def test_what_stands_in_the_way_is_told() -> None:
    problem = {"title": "The request cannot be answered", "detail": "job 7 does the same already (running)"}
    with client([httpx2.Response(409, json=problem)]) as loupe, pytest.raises(Conflict, match="job 7 does the same"):
        loupe.submit(prefix="")


def test_only_what_is_said_is_sent() -> None:
    sent: list[object] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return httpx2.Response(201, json=JOB)

    with Loupe("http://api", transport=httpx2.MockTransport(answer)) as loupe:
        loupe.submit(prefix="", again=False, model=None)
        loupe.submit(filter={"label": "cat", "prefix": None}, output="a.csv")
        loupe.submit(names=(name for name in "ab"))
        loupe.retry(JOB["id"])
    assert sent == [
        {"prefix": "", "again": False},
        {"filter": {"label": "cat"}, "output": {"name": "a.csv"}},
        {"names": ["a", "b"]},
        {},
    ]
