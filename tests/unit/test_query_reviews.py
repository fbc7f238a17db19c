"""Reviews, and who may make them."""

import json
from pathlib import Path

import pytest

from loupe_query.access.keys import hash_key, new_key
from loupe_shared.adapters.memory import MemoryChanges, MemoryStore
from loupe_shared.api.access import Scope
from tests.apps import api, archive
from tests.factories import result

PATH = "/v1/reviews/images/line 1/a.jpg"
OPERATING = ("/v1/dead-letters", "/v1/images/reclassify")
REVIEWING = ("/v1/review", "/v1/uploads")
CHANGING = ("/v1/jobs", "/v1/models")  # which everyone who reads may look at


@pytest.fixture
def store() -> MemoryStore:
    """A store with an image."""
    store = MemoryStore()
    store.write([result("line 1/a.jpg")])
    return store


def test_a_review_is_noted_shown_announced_and_taken_back(store: MemoryStore) -> None:
    changes = MemoryChanges()
    with api(archive(store, changes=changes, announcer=changes)) as client:
        answer = client.put(PATH, json={"label": "lynx", "etag": "0x1"})
        assert answer.json()["review"] | {"reviewed_at": ""} == {
            "label": "lynx",
            "reviewer": "anonymous",
            "reviewed_at": "",
        }
        assert client.get("/v1/images/images/line 1/a.jpg").json() == answer.json()
        assert client.get("/v1/counts").json()["reviews"] == {"corrected": 1}
        taken_back = client.delete(PATH)
        assert taken_back.json()["review"] is None
        assert changes.documents == [answer.text, taken_back.text]


def test_what_several_people_say_is_shown_found_and_taken_back_by_each(store: MemoryStore, tmp_path: Path) -> None:
    store.write([result("line 1/b.jpg")])
    keys = {name: new_key() for name in ("Ada", "Bob")}
    entries = [{"name": name, "sha256": hash_key(key), "scopes": ["read", "review"]} for name, key in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps(entries))
    ada, bob = ({"Authorization": f"Bearer {key}"} for key in keys.values())
    with api(archive(store), api_keys_file=tmp_path / "keys.json") as client:

        def blobs(**query: str) -> list[str]:
            found = client.get("/v1/images", params=query, headers=ada).json()["images"]
            return [one["image"]["blob"] for one in found]

        client.put(PATH, json={"label": "lynx"}, headers=ada)
        assert client.put(PATH, json={"label": "cat"}, headers=ada).json()["conflict"] is False
        said = client.put(PATH, json={"label": "lynx"}, headers=bob).json()
        assert [(one["reviewer"], one["label"]) for one in said["reviews"]] == [("Ada", "cat"), ("Bob", "lynx")]
        assert (said["review"]["label"], said["conflict"]) == ("lynx", True)
        assert blobs(conflict="true") == ["line 1/a.jpg"]
        assert blobs(conflict="false") == ["line 1/b.jpg"]
        assert client.get("/v1/counts", headers=ada).json()["reviews"] == {"corrected": 1}
        taken_back = client.delete(PATH, headers=bob).json()
        assert (taken_back["review"]["reviewer"], taken_back["conflict"]) == ("Ada", False)
        assert client.delete(PATH, headers=bob).json() == taken_back
        assert client.get("/v1/counts", headers=ada).json()["reviews"] == {"confirmed": 1}


def test_a_picture_that_was_replaced_must_be_looked_at_again(store: MemoryStore) -> None:
    with api(archive(store)) as client:
        assert client.put(PATH, json={"label": "lynx", "etag": "0x0"}).status_code == 409
        assert client.delete(f"{PATH}?etag=0x0").status_code == 409
        assert client.put(PATH.replace("a.jpg", "none"), json={"label": "lynx"}).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"label": ""}, {"label": "x" * 201}, {"label": "a", "lable": "b"}, {"label": 7}, []]
)
def test_a_review_that_makes_no_sense(store: MemoryStore, body: object) -> None:
    with api(archive(store)) as client:
        response = client.put(PATH, json=body)
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


def test_the_reviewer_is_who_calls_and_every_route_asks_for_its_scope(store: MemoryStore, tmp_path: Path) -> None:
    keys = {scope: new_key() for scope in Scope}
    entries = [{"name": f"the {scope} key", "sha256": hash_key(key), "scopes": [scope]} for scope, key in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps(entries))
    with api(archive(store), api_keys_file=tmp_path / "keys.json") as client:

        def status(method: str, path: str, scope: Scope | None) -> int:
            headers = {"X-API-Key": keys[scope]} if scope else {}
            path = path.format(container="images", blob="line 1/a.jpg", id="0" * 32, name="cells", version=1)
            return client.request(
                method, path, headers=headers, json={"label": "lynx"}, follow_redirects=False
            ).status_code

        operations = [
            (method, path)
            for path, methods in client.get("/openapi.json").json()["paths"].items()
            if path.startswith("/v1") and path != "/v1/stream"
            for method in methods
        ]
        assert len(operations) > 10
        for method, path in operations:
            needed = Scope.REVIEW if path.startswith(REVIEWING) else Scope.READ
            if path.startswith(OPERATING) or (method == "post" and path.startswith(CHANGING)):
                needed = Scope.OPERATE
            assert status(method, path, None) == 401, path
            for scope in Scope:
                assert (status(method, path, scope) == 403) == (scope is not needed), (path, scope)
                assert status(method, path, scope) != 401, path
        assert client.get("/healthz").status_code == 200
        reviewed = client.put(PATH, json={"label": "lynx"}, headers={"Authorization": f"Bearer {keys[Scope.REVIEW]}"})
        assert reviewed.json()["review"]["reviewer"] == "the review key"


def test_strangers_are_refused_before_their_bodies_are_read(store: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[]")
    with api(archive(store), api_keys_file=tmp_path / "keys.json") as client:
        assert client.post("/v1/images/batch", content=b"no JSON").status_code == 401


def test_a_page_from_elsewhere_cannot_change_anything(store: MemoryStore) -> None:
    with api(archive(store)) as client:
        stranger = {"Origin": "https://evil.example"}
        assert client.delete(PATH, headers=stranger).status_code == 403
        assert client.put(PATH, json={"label": "lynx"}, headers={"Host": "evil.example"}).status_code == 421
