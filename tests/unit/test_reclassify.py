"""Having images classified again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from loupe_query.operate import reclassify
from loupe_query.operate.jobs import Jobs
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryStore
from loupe_shared.domain import ImageRef, now
from loupe_shared.messages import ClassifyJob
from tests.apps import api, archive
from tests.factories import CONTAINER, NOON, deletion, rejection, result
from tests.fakes import FragilePublisher

PATH = "/v1/images/reclassify"


@pytest.fixture
def publisher() -> FragilePublisher:
    """Where jobs go."""
    return FragilePublisher()


@pytest.fixture
def outstanding() -> MemoryOutstanding:
    """What is written down."""
    return MemoryOutstanding()


@pytest.fixture
def store() -> MemoryStore:
    """Forty cats, a dog, a rejected image and a deleted one."""
    store = MemoryStore()
    cats = [result(f"cat {n}", completed_at=NOON + timedelta(seconds=n)) for n in range(40)]
    store.write([*cats, result("dog", "dog", score=0.9), rejection("bad"), deletion("gone")])
    return store


@pytest.fixture
def client(store: MemoryStore, publisher: FragilePublisher, outstanding: MemoryOutstanding) -> Iterator[TestClient]:
    """A client of the API."""
    with api(archive(store, jobs=Jobs(outstanding, publisher))) as client:
        yield client


def published(publisher: FragilePublisher) -> list[ImageRef]:
    """Images for which there are jobs."""
    return [image for job in publisher.messages if isinstance(job, ClassifyJob) for image in job.images]


def names(*blobs: str) -> list[dict[str, str]]:
    """Images as a body names them."""
    return [{"container": CONTAINER, "blob": blob} for blob in blobs]


def test_by_name(client: TestClient, publisher: FragilePublisher, outstanding: MemoryOutstanding) -> None:
    started = now()
    answer = client.post(PATH, json={"images": names("bad", "never", "gone", "dog", "bad")})
    assert answer.json() == {"asked": 2, "deleted": 1, "missing": names("never"), "next": None}
    images = published(publisher)
    assert {image.blob for image in images} == {"bad", "dog"}
    assert all(image.etag == "0x1" and started <= (image.requested_at or NOON) <= now() for image in images)
    assert {image.id for image in outstanding.lost(-1.0) if isinstance(image, ImageRef)} == {i.id for i in images}


def test_the_answer_wins_whichever_model_gives_it(
    client: TestClient, publisher: FragilePublisher, store: MemoryStore
) -> None:
    store.write([result("dog", "wolf", model_version=7)])
    client.post(PATH, json={"images": names("dog")})
    (image,) = published(publisher)
    store.write([result("dog", "husky").model_copy(update={"image": image})])
    assert client.get("/v1/images/images/dog").json()["label"] == "husky"


@pytest.mark.parametrize(
    ("wanted", "blobs"),
    [
        ({"outcome": "rejected", "reason": "corrupt"}, {"bad"}),
        ({"label": "dog", "min_score": 0.8, "model": "test:1"}, {"dog"}),
        ({"prefix": "cat 1"}, {"cat 1", *(f"cat 1{n}" for n in range(10))}),
        ({"since": "2026-11-22T12:00:38Z"}, {"cat 38", "cat 39"}),
        ({"label": "bird"}, set()),
    ],
)
def test_by_filter(client: TestClient, publisher: FragilePublisher, wanted: dict[str, object], blobs: set[str]) -> None:
    answer = client.post(PATH, json={"filter": wanted}).json()
    assert answer == {"asked": len(blobs), "deleted": 0, "missing": [], "next": None}
    assert {image.blob for image in published(publisher)} == blobs


def test_jobs_have_many_images_each_and_deleted_ones_are_counted(
    client: TestClient, publisher: FragilePublisher
) -> None:
    assert client.post(PATH, json={"filter": {}}).json() == {"asked": 42, "deleted": 1, "missing": [], "next": None}
    assert [len(job.images) for job in publisher.messages if isinstance(job, ClassifyJob)] == [32, 10]


def test_of_very_many_a_part_is_done_and_one_can_go_on(
    client: TestClient, publisher: FragilePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reclassify, "MAX_ASKED", 15)
    monkeypatch.setattr(reclassify, "PAGE", 4)
    asked: list[int] = []
    cursor = None
    while not asked or cursor:
        answer = client.post(PATH, json={"filter": {}, "cursor": cursor}).json()
        asked.append(answer["asked"])
        cursor = answer["next"]
    assert asked == [15, 15, 12]
    assert len({image.blob for image in published(publisher)}) == 42


def test_a_broker_that_is_away_is_503_and_nothing_is_lost(
    client: TestClient, publisher: FragilePublisher, outstanding: MemoryOutstanding
) -> None:
    publisher.away = True
    assert client.post(PATH, json={"images": names("dog")}).status_code == 503
    assert len(outstanding.lost(-1.0)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"images": []},
        {"images": names("dog") * 501},
        {"images": names("dog"), "filter": {}},
        {"images": names("dog"), "cursor": "x"},
        {"filter": {"min_score": 2}},
        {"filter": {"sort": "score"}},
        {"label": "dog"},
    ],
)
def test_neither_both_and_nonsense_change_nothing(
    client: TestClient, publisher: FragilePublisher, body: object
) -> None:
    assert client.post(PATH, json=body).status_code == 422
    assert publisher.messages == []


def test_a_strange_cursor(client: TestClient, publisher: FragilePublisher) -> None:
    assert client.post(PATH, json={"filter": {}, "cursor": "strange"}).status_code == 400
    assert publisher.messages == []
