"""What the query API counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.api import statistics as statistics_views
from loupe_shared.api.statistics import Counts, Statistics, Throughput
from loupe_shared.result import Review
from tests.apps import api, archive
from tests.factories import NOON, deletion, rejection, result


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Some images of two days, the second of which is today."""
    second = NOON + timedelta(days=1)
    store = MemoryStore()
    store.write([result(f"{n}.jpg", score=0.9, completed_at=NOON + timedelta(minutes=n)) for n in range(7)])
    store.write([result(f"{n}.jpg", "dog", score=0.11, completed_at=second) for n in range(10, 13)])
    store.write([result("x", "fox", container="other", model_version=2, completed_at=second)])
    store.write([rejection("bad"), deletion("gone", completed_at=second)])
    store.review(result("0.jpg").image.id, Review(label="cat", reviewer="Ada", reviewed_at=second))
    monkeypatch.setattr(statistics_views, "now", lambda: second)
    with api(archive(store)) as client:
        yield client


def test_counts(client: TestClient) -> None:
    answer = client.get("/v1/counts").json()
    Counts.model_validate(answer)
    assert answer == {
        "outcomes": {"classified": 11, "rejected": 1, "deleted": 1},
        "labels": {"cat": 7, "dog": 3, "fox": 1},
        "reasons": {"corrupt": 1},
        "reviews": {"confirmed": 1},
        "models": {"test:1": 11, "test:2": 1},
        "containers": {"images": 12, "other": 1},
    }
    assert client.get("/v1/counts?container=other").json()["labels"] == {"fox": 1}
    assert client.get("/v1/counts?model=test:1&container=images").json()["outcomes"] == {
        "classified": 10,
        "rejected": 1,
    }
    assert client.get("/v1/counts?colour=red").status_code == 422


def test_statistics(client: TestClient) -> None:
    answer = client.get("/v1/statistics?top=2").json()
    Statistics.model_validate(answer)
    assert answer == {
        "since": "2026-10-25",
        "until": "2026-11-24",
        "days": [
            {
                "day": "2026-11-22",
                "outcomes": {"classified": 7, "rejected": 1},
                "labels": {"cat": 7},
                "reasons": {"corrupt": 1},
            },
            {"day": "2026-11-23", "outcomes": {"classified": 4, "deleted": 1}, "labels": {"dog": 3}, "reasons": {}},
        ],
        "labels": {"cat": 7, "dog": 3},
        "scores": [0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0],
    }


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", ("2026-10-25", "2026-11-24")),
        ("since=2026-11-23", ("2026-11-23", "2026-12-23")),
        ("until=2026-11-23", ("2026-10-24", "2026-11-23")),
        ("since=2026-01-01&until=2027-01-01", ("2026-01-01", "2027-01-01")),
        ("since=9999-12-31", ("9999-12-31", "9999-12-31")),
        ("until=0001-01-02", ("0001-01-01", "0001-01-02")),
    ],
)
def test_days_that_were_not_said(client: TestClient, query: str, days: tuple[str, str]) -> None:
    answer = client.get(f"/v1/statistics?{query}").json()
    assert (answer["since"], answer["until"]) == days


@pytest.mark.parametrize("query", ["since=2026-11-23&until=2026-11-23", "since=2025-01-01&until=2027-01-01", "top=0"])
def test_days_that_make_no_sense(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/statistics?{query}").status_code == 422


def test_throughput(client: TestClient) -> None:
    answer = client.get("/v1/throughput").json()
    Throughput.model_validate(answer)
    assert answer["minutes"] == 5
    slots = {datetime.fromisoformat(slot["at"]): slot["images"] for slot in answer["slots"]}
    second = NOON + timedelta(days=1)
    assert slots == {NOON: 6, NOON + timedelta(minutes=5): 2, second: 5}
    assert client.get("/v1/throughput?since=2026-11-01&until=2026-11-22").status_code == 422


def test_statistics_that_the_client_has_are_not_sent_again(client: TestClient) -> None:
    for path in ("/v1/counts", "/v1/statistics", "/v1/throughput"):
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
