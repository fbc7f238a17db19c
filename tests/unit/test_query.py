"""The read API over a store in memory."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from loupe_query.app import create_app
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.domain import Result
from loupe_shared.errors import StoreUnavailable
from tests.factories import ACCOUNT, NOON, deletion, rejection, result

NAMES = ["coffee.png", "line 3/ü#?&%.jpg", "a//b", ".hidden", "x/blobs/y"]


@pytest.fixture
def store() -> MemoryStore:
    """A store with some images."""
    store = MemoryStore()
    store.write([result(name, completed_at=NOON + timedelta(seconds=n)) for n, name in enumerate(NAMES)])
    store.write([result("dog.jpg", "dog", score=0.9), rejection("bad.jpg"), deletion("gone.jpg")])
    return store


@pytest.fixture
def client(store: MemoryStore) -> Iterator[TestClient]:
    """A client of the application."""
    with TestClient(create_app(store, ACCOUNT)) as client:
        yield client


@pytest.mark.parametrize("name", NAMES)
def test_one_image_by_container_and_name(client: TestClient, name: str) -> None:
    quoted = name.replace("%", "%25").replace("#", "%23").replace("?", "%3F").replace(" ", "%20")
    response = client.get(f"/v1/images/images/{quoted}")
    assert response.status_code == 200
    found = response.json()
    assert (found["image"]["blob"], found["label"], found["score"]) == (name, "cat", 0.5)
    assert Result.model_validate(found) == result(name, completed_at=NOON + timedelta(seconds=NAMES.index(name)))


def test_an_unknown_image(client: TestClient) -> None:
    response = client.get("/v1/images/images/nowhere.jpg")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "title": "The request cannot be answered",
        "status": 404,
        "detail": "no outcome of images/nowhere.jpg is known (yet)",
    }


def names(client: TestClient, **parameters: object) -> list[str]:
    """The blobs of a list."""
    response = client.get("/v1/images", params={k: str(v) for k, v in parameters.items()})
    assert response.status_code == 200, response.text
    return [found["image"]["blob"] for found in response.json()["images"]]


def test_lists_with_filters(client: TestClient) -> None:
    assert names(client, limit=2) == [NAMES[4], NAMES[3]]
    assert names(client, label="dog") == ["dog.jpg"]
    assert names(client, min_score=0.6) == ["dog.jpg"]
    assert names(client, outcome="rejected") == ["bad.jpg"]
    assert names(client, since="2026-11-22T12:00:04Z") == [NAMES[4]]
    assert names(client, until="2026-11-22T14:00:00+02:00") == []
    assert names(client, since="2026-11-22T14:00:04+02:00") == [NAMES[4]]
    assert names(client, container="other") == []


def test_following_next_sees_everything_once(client: TestClient) -> None:
    page = client.get("/v1/images?limit=3").json()
    seen = page["images"]
    while page["next"]:
        page = client.get("/v1/images", params={"limit": 3, "cursor": page["next"]}).json()
        seen += page["images"]
    blobs = [found["image"]["blob"] for found in seen]
    assert len(blobs) == len(set(blobs)) == len(NAMES) + 3


@pytest.mark.parametrize(
    ("parameters", "status", "says"),
    [
        ("limit=0", 422, "query.limit"),
        ("limit=1001", 422, "query.limit"),
        ("min_score=2", 422, "query.min_score"),
        ("min_score=nan", 422, "query.min_score"),
        ("outcome=fine", 422, "query.outcome"),
        ("since=yesterday", 422, "query.since"),
        ("since=2026-11-22T12:00:00", 422, "query.since"),
        ("since=0001-01-01T00:00:00%2B14:00", 422, "query.since"),
        ("lable=cat", 422, "query.lable"),
        ("cursor=hello", 400, "cursor"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(client: TestClient, parameters: str, status: int, says: str) -> None:
    response = client.get(f"/v1/images?{parameters}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


def test_counts(client: TestClient) -> None:
    assert client.get("/v1/counts").json() == {
        "outcomes": {"classified": 6, "rejected": 1, "deleted": 1},
        "labels": {"cat": 5, "dog": 1},
    }


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


class AwayStore(MemoryStore):
    """A store that does not answer."""

    def check(self) -> None:
        """Fail."""
        raise StoreUnavailable("the store is away")

    def get(self, image_id: str) -> Result | None:
        """Fail."""
        raise StoreUnavailable(f"the store is away for {image_id}")


class BrokenStore(MemoryStore):
    """A store with a mistake in it."""

    def get(self, image_id: str) -> Result | None:
        """Fail."""
        raise KeyError(image_id)


def test_a_store_that_is_away() -> None:
    with TestClient(create_app(AwayStore(), ACCOUNT)) as client:
        assert client.get("/healthz").status_code == 200
        for path in ("/readyz", "/v1/images/images/a.jpg"):
            response = client.get(path)
            assert (response.status_code, response.json()["status"]) == (503, 503)
            assert response.headers["Retry-After"]


def test_a_mistake_of_ours_tells_nothing_of_the_inside() -> None:
    with TestClient(create_app(BrokenStore(), ACCOUNT), raise_server_exceptions=False) as client:
        response = client.get("/v1/images/images/a.jpg")
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert "KeyError" not in response.text


def test_the_description_is_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            if path.startswith("/v1"):
                assert "example" in operation["responses"]["200"]["content"]["application/json"], path
                assert list(operation["responses"]["503"]["content"]) == ["application/problem+json"]
    example = document["paths"]["/v1/images"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert Result.model_validate(example["images"][0]).label == "espresso"
