"""The read API over a store in memory."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Order, Position
from loupe_shared.result import Result, ResultDocument
from tests.apps import api, archive
from tests.factories import NOON, deletion, rejection, result

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
    with api(archive(store)) as client:
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
    assert names(client, prefix="line 3/") == [NAMES[1]]
    assert names(client, max_score=0.6, limit=1, order="ascending") == [NAMES[0]]
    assert names(client, min_uncertainty=0.7) == []
    assert names(client, model="test:1", sort="score", limit=1) == ["dog.jpg"]
    assert names(client, sort="uncertainty", order="ascending", limit=1) == ["dog.jpg"]
    assert names(client, reason="corrupt") == ["bad.jpg"]
    assert names(client, reviewed="true") == []


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
        (f"cursor={Position(1, '0' * 32).to_cursor(Order())}&sort=score", 400, "another order"),
        ("sort=beauty", 422, "query.sort"),
        ("order=backwards", 422, "query.order"),
        ("reason=mood", 422, "query.reason"),
        (f"prefix={'x' * 1025}", 422, "query.prefix"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(client: TestClient, parameters: str, status: int, says: str) -> None:
    response = client.get(f"/v1/images?{parameters}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


class AwayStore(MemoryStore):
    """A store that does not answer."""

    def check(self) -> None:
        """Fail."""
        raise StoreUnavailable("the store is away")

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """Fail."""
        raise StoreUnavailable(f"the store is away for {image_ids}")


class BrokenStore(MemoryStore):
    """A store with a mistake in it."""

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """Fail."""
        raise KeyError(image_ids)


def test_a_store_that_is_away() -> None:
    with api(archive(AwayStore())) as client:
        assert client.get("/healthz").status_code == 200
        for path in ("/readyz", "/v1/images/images/a.jpg"):
            response = client.get(path)
            assert (response.status_code, response.json()["status"]) == (503, 503)
            assert response.headers["Retry-After"]


def test_a_mistake_of_ours_tells_nothing_of_the_inside() -> None:
    with api(archive(BrokenStore())) as client:
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
                (status,) = {"200", "201", "307"} & set(operation["responses"])
                answers = operation["responses"][status].get("content", {})
                assert status == "307" or all("example" in answer for answer in answers.values()) or "export" in path
                takes_something = "parameters" in operation or "requestBody" in operation
                for refusal in ("401", "403", "429", "503", *(["422"] if takes_something else [])):
                    assert list(operation["responses"][refusal]["content"]) == ["application/problem+json"], path
                assert operation["security"], path
    example = document["paths"]["/v1/images"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert ResultDocument.model_validate(example["images"][0]).label == "espresso"


def test_what_the_client_has_is_not_sent_again(client: TestClient, store: MemoryStore) -> None:
    first = client.get("/v1/images/images/dog.jpg")
    again = client.get("/v1/images/images/dog.jpg", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    store.write([result("dog.jpg", "wolf", sequencer="02")])
    changed = client.get("/v1/images/images/dog.jpg", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.json()["label"] == "wolf"


def test_of_many_errors_some_are_told(client: TestClient) -> None:
    response = client.post("/v1/links", json={"images": [], **{f"key {n}": 1 for n in range(1000)}})
    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20


def test_many_images_by_name(client: TestClient) -> None:
    asked = [{"container": "images", "blob": name} for name in ("dog.jpg", "none.jpg", "bad.jpg", "dog.jpg")]
    answer = client.post("/v1/images/batch", json={"images": asked}).json()
    assert [found["image"]["blob"] for found in answer["images"]] == ["dog.jpg", "bad.jpg", "dog.jpg"]
    assert answer["missing"] == [{"container": "images", "blob": "none.jpg"}]
    assert client.post("/v1/images/batch", json={"images": asked * 300}).status_code == 422
    assert (
        client.post("/v1/images/batch", content=b'{"images":[{"container":"a","blob":"\\ud800"}]}').status_code == 422
    )


def test_history(client: TestClient, store: MemoryStore) -> None:
    store.write([result("dog.jpg", "wolf", model_version=2), result("dog.jpg", "fox", sequencer="02")])
    answer = client.get("/v1/history/images/dog.jpg").json()
    assert [found["label"] for found in answer["images"]] == ["wolf", "dog"]
    assert client.get("/v1/history/images/coffee.png").json() == {"images": []}
    assert client.get("/v1/history/images/none.png").status_code == 404
