"""How often a caller may call, and with how much."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from loupe_query.access.body import BodyLimit
from loupe_query.access.rate import RateLimit
from loupe_shared.adapters.web import install_problems

LIMIT, LONGER = 10, 100


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def test_a_burst_and_then_a_rate() -> None:
    clock = Clock()
    limit = RateLimit(5, clock=clock)
    assert [limit.take("a") for _ in range(12)] == [0.0] * 10 + [0.2] * 2
    clock.seconds += 0.1
    assert limit.take("a") == pytest.approx(0.1)
    clock.seconds += 0.5
    assert [limit.take("a") > 0 for _ in range(4)] == [False, False, False, True]
    clock.seconds += 3600
    assert sum(not limit.take("a") for _ in range(100)) == 10


def test_callers_do_not_count_for_each_other() -> None:
    limit = RateLimit(1, clock=Clock())
    while not limit.take("a"):
        pass
    assert limit.take("b") == 0


def test_rates_below_one_let_one_through() -> None:
    clock = Clock()
    limit = RateLimit(0.1, clock=clock)
    assert (limit.take("a"), limit.take("a")) == (0, 10)
    clock.seconds += 10
    assert limit.take("a") == 0


def test_who_has_not_called_for_longest_is_forgotten() -> None:
    limit = RateLimit(0.1, most_names=2, clock=Clock())
    for name in ("a", "b"):
        assert limit.take(name) == 0
    assert limit.take("a") > 0
    assert limit.take("c") == 0  # b is forgotten, not a
    assert limit.take("a") > 0
    assert limit.take("b") == 0


@given(st.floats(0.01, 1000), st.lists(st.floats(0, 10), max_size=200))
def test_no_span_of_time_has_more_than_a_burst_and_the_rate(rate: float, pauses: list[float]) -> None:
    clock = Clock()
    limit = RateLimit(rate, clock=clock)
    taken = []
    for pause in pauses:
        clock.seconds += pause
        wait = limit.take("a")
        assert wait <= max(1, rate) / rate
        if not wait:
            taken.append(clock.seconds)
    burst = max(1, 2 * rate)
    for n, first in enumerate(taken):
        for m, last in enumerate(taken[n:], 1):
            assert m <= burst + (last - first) * rate + 1e-6


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client of an application that gives back what it gets, read in each of the ways there are."""
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, LIMIT, {"/longer": LONGER})

    @app.post("/whole")
    @app.post("/longer")
    async def whole(request: Request) -> int:
        return len(await request.body())

    @app.post("/stream")
    async def stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    @app.post("/json")
    def parsed(numbers: list[int]) -> int:
        return len(numbers)

    @app.post("/unread")
    def unread() -> int:
        return 0

    with TestClient(app) as client:
        yield client


def chunks(sizes: Sequence[int]) -> Iterator[bytes]:
    """A body whose length is not told."""
    return (b"1" * size for size in sizes)


@pytest.mark.parametrize(("path", "most"), [("/whole", LIMIT), ("/stream", LIMIT), ("/longer", LONGER)])
def test_the_longest_body_and_one_more(client: TestClient, path: str, most: int) -> None:
    for content in (b"1" * most, chunks([most - 3, 3])):
        assert client.post(path, content=content).json() == most
    for content in (b"1" * (most + 1), chunks([most - 3, 4])):
        response = client.post(path, content=content)
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["connection"] == "close"
        assert response.json()["detail"] == f"the body has more than {most} bytes"


@given(sizes=st.lists(st.integers(0, LIMIT), max_size=8))
def test_it_does_not_matter_how_a_body_is_divided(client: TestClient, sizes: list[int]) -> None:
    response = client.post("/stream", content=chunks(sizes))
    assert response.status_code == (200 if sum(sizes) <= LIMIT else 413)


def test_a_body_that_the_framework_reads(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post("/json", content=b"[1,2,3]", headers=headers).json() == 3
    assert client.post("/json", content=b"[1,2,3,4,5]", headers=headers).status_code == 413
    assert client.post("/json", content=chunks([LIMIT, 1]), headers=headers).status_code == 413


def test_a_body_that_nobody_reads_is_refused_by_its_announcement(client: TestClient) -> None:
    assert client.post("/unread", content=b"1" * LIMIT).status_code == 200
    assert client.post("/unread", content=b"1" * (LIMIT + 1)).status_code == 413


def test_a_body_longer_than_announced_is_counted(client: TestClient) -> None:
    """As with Transfer-Encoding, beside which servers ignore Content-Length."""
    response = client.post("/whole", content=chunks([LIMIT, 1]), headers={"Content-Length": "1"})
    assert response.status_code == 413


def test_what_is_too_long_is_not_read_to_its_end() -> None:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, LIMIT, {})

    @app.post("/")
    async def whole(request: Request) -> int:
        return len(await request.body())

    asked = 0

    async def endless() -> AsyncIterator[dict[str, object]]:
        nonlocal asked
        while True:
            asked += 1
            yield {"type": "http.request", "body": b"1" * 4, "more_body": True}

    sent = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message.get("status"))

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(app(scope, endless().__anext__, send))  # type: ignore[arg-type]
    assert (sent[0], asked) == (413, 3)
