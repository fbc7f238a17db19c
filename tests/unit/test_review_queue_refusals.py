"""What the queue of images to review refuses, and to whom."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from loupe_query.access.keys import hash_key, new_key
from loupe_query.review.memory import MemoryClaims
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.errors import BrokerUnavailable
from tests.apps import api, archive
from tests.factories import result
from tests.unit.test_review_queue import PATH, names, numbered


@pytest.fixture
def store() -> MemoryStore:
    """A store with some images."""
    store = MemoryStore()
    store.write([result(blob, score=0.3 + n / 20) for n, blob in enumerate(numbered(*range(6)))])
    return store


@pytest.fixture
def client(store: MemoryStore) -> Iterator[TestClient]:
    """A client of the API."""
    with api(archive(store), raises=True) as client:
        yield client


class AwayClaims(MemoryClaims):
    """Claims that do not answer."""

    def held(self, holder: str) -> list[str]:
        """Fail."""
        raise BrokerUnavailable(f"no claims of {holder}")

    def release(self, holder: str, image_ids: Collection[str]) -> int:
        """Fail."""
        raise BrokerUnavailable(f"no {len(image_ids)} claims of {holder}")


def test_a_broker_that_is_away(store: MemoryStore) -> None:
    with api(archive(store, claims=AwayClaims())) as client:
        for path, body in (("", {}), ("/release", {"images": names("00.jpg")})):
            response = client.post(f"{PATH}{path}", json={"session": "ada", **body})
            assert (response.status_code, response.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"session": ""},
        {"session": "a/b"},
        {"session": "ada\n"},
        {"session": "x" * 65},
        {"session": "ada", "limit": 0},
        {"session": "ada", "limit": 51},
        {"session": "ada", "min_score": 0.5},
        {"session": "ada", "passed": names("a") * 501},
        {"session": "ada", "passed": [{"container": "images"}]},
    ],
)
def test_a_question_that_makes_no_sense(client: TestClient, body: object) -> None:
    response = client.post(PATH, json=body)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("body", [{"images": []}, {"session": "a b", "images": []}, {"session": "ada"}, []])
def test_a_release_that_makes_no_sense(client: TestClient, body: object) -> None:
    assert client.post(f"{PATH}/release", json=body).status_code == 422


def test_callers_with_the_same_session_are_told_apart_and_need_the_scope(store: MemoryStore, tmp_path: Path) -> None:
    keys = {name: new_key() for name in ("ada", "bob", "eve")}
    scopes = {"ada": ["review"], "bob": ["review"], "eve": ["read"]}
    entries = [{"name": name, "sha256": hash_key(key), "scopes": scopes[name]} for name, key in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps(entries))
    with api(archive(store), api_keys_file=tmp_path / "keys.json") as client:

        def status_and_blobs(name: str) -> tuple[int, list[str]]:
            response = client.post(PATH, json={"session": "1", "limit": 2}, headers={"X-API-Key": keys[name]})
            return response.status_code, [one["image"]["image"]["blob"] for one in response.json().get("images", [])]

        assert status_and_blobs("ada") == (200, numbered(0, 1))
        assert status_and_blobs("bob") == (200, numbered(2, 3))
        assert status_and_blobs("eve") == (403, [])
        released = client.post(
            f"{PATH}/release", json={"session": "1", "images": names("00.jpg")}, headers={"X-API-Key": keys["bob"]}
        )
        assert released.json() == {"released": 0}
