"""The queue of images to review, over an archive in memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from loupe_query.review import candidates, queue
from loupe_query.review.memory import MemoryClaims
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.api.reviews import ReviewQueue
from loupe_shared.domain import now
from loupe_shared.embedding import quantize
from loupe_shared.result import Review
from tests.apps import api, archive
from tests.factories import NOON, deletion, rejection, result
from tests.waiting import wait_for

PATH = "/v1/review-queue"


@pytest.fixture
def store() -> MemoryStore:
    """A store with twelve images, of which the first are the least certain."""
    store = MemoryStore()
    store.write([result(f"{n:02}.jpg", score=0.3 + n / 20) for n in range(12)])
    store.write([rejection("bad.jpg"), deletion("gone.jpg")])
    return store


@pytest.fixture
def claims() -> MemoryClaims:
    """The claims."""
    return MemoryClaims()


@pytest.fixture
def client(store: MemoryStore, claims: MemoryClaims) -> Iterator[TestClient]:
    """A client of the API."""
    with api(archive(store, claims=claims), raises=True) as client:
        yield client


def names(*blobs: str) -> list[dict[str, str]]:
    """Images by name."""
    return [{"container": "images", "blob": blob} for blob in blobs]


def ask(client: TestClient, session: str = "ada", **query: object) -> list[dict[str, Any]]:
    """What a session is given."""
    response = client.post(PATH, json={"session": session, **query})
    assert response.status_code == 200, response.text
    assert ReviewQueue.model_validate(response.json())
    images: list[dict[str, Any]] = response.json()["images"]
    return images


def blobs(client: TestClient, session: str = "ada", **query: object) -> list[str]:
    """The names of the images that a session is given."""
    return [one["image"]["image"]["blob"] for one in ask(client, session, **query)]


def numbered(*numbers: int) -> list[str]:
    """The names of some of the images."""
    return [f"{n:02}.jpg" for n in numbers]


def test_the_most_uncertain_images_come_first_and_as_they_are_in_the_archive(
    client: TestClient, store: MemoryStore
) -> None:
    response = client.post(PATH, json={"session": "ada", "limit": 2})
    known = result("00.jpg").image.id
    document = store.find([known])[known]
    assert f'{{"image":{document},"usefulness":0.8000,"disagreement":null}}' in response.text
    assert blobs(client, limit=2) == numbered(0, 1)
    assert len(ask(client)) == 10


def test_two_sessions_have_nothing_in_common_and_each_keeps_what_it_has(client: TestClient) -> None:
    assert blobs(client, "ada", limit=4) == numbered(0, 1, 2, 3)
    assert blobs(client, "bob", limit=4) == numbered(4, 5, 6, 7)
    assert blobs(client, "ada", limit=6) == numbered(0, 1, 2, 3, 8, 9)
    assert blobs(client, "ada", limit=2) == numbered(0, 1)
    assert blobs(client, "bob", limit=50) == numbered(4, 5, 6, 7, 10, 11)
    assert blobs(client, "eve") == []


def test_what_one_has_comes_first_also_if_something_else_is_more_useful_by_now(
    client: TestClient, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "CANDIDATES", 3)
    monkeypatch.setattr(candidates, "PAGE", 3)
    monkeypatch.setattr(candidates, "PAGES", 1)
    assert blobs(client, limit=2) == numbered(0, 1)
    store.write([result(f"new {n}.jpg", score=0.11 + n / 100) for n in range(9)])
    assert blobs(client, limit=4) == [*numbered(0, 1), "new 0.jpg", "new 1.jpg"]


def test_what_was_reviewed_replaced_by_no_picture_or_passed_is_not_given(
    client: TestClient, store: MemoryStore
) -> None:
    assert blobs(client, limit=3) == numbered(0, 1, 2)
    client.put("/v1/reviews/images/00.jpg", json={"label": "cat"}).raise_for_status()
    store.write([rejection("01.jpg", sequencer="02")])
    assert blobs(client, limit=3) == numbered(2, 3, 4)
    assert blobs(client, limit=3, passed=names("02.jpg", "05.jpg", "nowhere.jpg")) == numbered(3, 4, 6)
    client.delete("/v1/reviews/images/00.jpg").raise_for_status()
    assert blobs(client, limit=1) == numbered(0)


def test_filters(client: TestClient, store: MemoryStore) -> None:
    store.write([result("dogs/a", "dog"), result("b", "dog", container="other"), result("c", "dog", model_version=2)])
    assert blobs(client, label="dog", limit=1, prefix="dogs/") == ["dogs/a"]
    assert sorted(blobs(client, label="dog")) == ["b", "c", "dogs/a"]
    assert blobs(client, label="dog", container="other", model="test:1") == ["b"]
    assert blobs(client, model="test:2") == ["c"]
    assert blobs(client, label="cat", limit=1) == numbered(0)
    assert blobs(client, label="bird") == []
    assert blobs(client, "bob", label="dog") == []


def test_what_is_given_back_others_are_given(client: TestClient) -> None:
    def release(session: str, *blobs: str) -> object:
        return client.post(f"{PATH}/release", json={"session": session, "images": names(*blobs)}).json()

    blobs(client, "ada", limit=3)
    assert release("bob", *numbered(0, 1, 2)) == {"released": 0}
    assert blobs(client, "bob", limit=1) == numbered(3)
    assert release("ada", *numbered(0, 2), "nowhere.jpg") == {"released": 2}
    assert blobs(client, "bob", limit=4) == numbered(3, 0, 2, 4)
    assert blobs(client, "ada", limit=2) == numbered(1, 5)


def test_claims_run_out(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "CLAIM_S", 0.1)
    assert blobs(client, "ada", limit=3) == numbered(0, 1, 2)
    wait_for(lambda: blobs(client, "bob", prefix="00") == numbered(0), "the claim to run out")
    assert blobs(client, "bob", limit=3) == numbered(0, 1, 2)


def test_many_sessions_at_once(client: TestClient) -> None:
    sessions = [f"s{number}" for number in range(6)]
    with ThreadPoolExecutor(len(sessions)) as threads:
        given = list(threads.map(lambda session: blobs(client, session, limit=2), sessions))
    assert sorted(blob for one in given for blob in one) == numbered(*range(12))


def test_pages_that_are_short_are_followed_for_a_while(
    store: MemoryStore, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[int] = []
    page = store.page

    def counted(*arguments: Any) -> object:  # noqa: ANN401
        pages.append(1)
        return page(*arguments)

    monkeypatch.setattr(store, "page", counted)
    monkeypatch.setattr(candidates, "PAGE", 2)
    monkeypatch.setattr(candidates, "PAGES", 3)
    assert blobs(client, passed=names(*numbered(0, 1, 2)), limit=50) == numbered(3, 4, 5)
    monkeypatch.setattr(candidates, "CANDIDATES", 3)
    pages.clear()
    assert blobs(client, "bob", limit=50) == numbered(0, 1, 2)
    assert len(pages) == 2
    pages.clear()
    assert blobs(client, "bob", limit=3) == numbered(0, 1, 2)
    assert pages == []


def test_images_that_look_alike_are_not_given_together(client: TestClient, store: MemoryStore) -> None:
    alike = [0, 1, 2, 4]
    vectors = np.array([[1, 0.01 * n] if n in alike else [0, 1] for n in range(5)], np.float32)
    for n, embedding in enumerate(quantize(vectors)):
        image = result(f"{n:02}.jpg", score=0.3 + n / 20, sequencer="02")
        store.write([image.model_copy(update={"embedding": embedding})])
    assert blobs(client, "ada", limit=2) == numbered(0, 3)
    assert blobs(client, "bob", limit=2) == numbered(1, 5)
    assert blobs(client, "ada", limit=3) == numbered(0, 3, 6)


def test_what_is_like_an_image_that_was_just_reviewed_comes_later(client: TestClient, store: MemoryStore) -> None:
    vectors = np.array([[1, 0], [1, 0.01], [0, 1]], np.float32)
    for n, embedding in enumerate(quantize(vectors)):
        image = result(f"{n:02}.jpg", score=0.3 + n / 20, sequencer="02")
        store.write([image.model_copy(update={"embedding": embedding})])
    assert blobs(client, limit=1) == numbered(0)
    store.review(result("00.jpg").image.id, Review(label="cat", reviewer="ada", reviewed_at=NOON))
    assert blobs(client, limit=1) == numbered(2)
    assert blobs(client, "bob", limit=1) == numbered(1)  # who has not seen the first


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_disagreement_between_versions_of_the_model_is_shown_and_comes_first(
    client: TestClient, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, *, is_remote: bool
) -> None:
    monkeypatch.setattr(store, "is_remote", is_remote)
    asked: list[str] = []
    history: Callable[[str], list[str]] = store.history
    monkeypatch.setattr(store, "history", lambda id_: asked.append(id_) or history(id_))  # type: ignore[func-returns-value]
    store.write([result(f"{n:02}.jpg", "cat", score=0.3 + n / 20, model_version=2) for n in (0, 7)])
    store.write([result("07.jpg", "dog", score=0.9, model_version=1, sequencer="02")])
    store.write([result("07.jpg", "cat", score=0.65, model_version=2, sequencer="02")])
    first, second, third = ask(client, limit=3)
    assert first["image"]["image"]["blob"] == "07.jpg"
    assert first["disagreement"] == {"model": "test:1", "label": "dog", "score": 0.9}
    assert first["usefulness"] == pytest.approx(0.45 + 0.5)
    assert [second["disagreement"], third["disagreement"]] == [None, None]
    assert sorted(asked) == sorted([result("00.jpg").image.id, result("07.jpg").image.id])


class Overtaken(MemoryClaims):
    """Somebody else is quicker."""

    def claim(self, holder: str, image_ids: Sequence[str], limit: int, seconds: float) -> list[str]:
        """What is left."""
        super().claim("another", image_ids[:2], 2, seconds)
        return super().claim(holder, image_ids, limit, seconds)


def test_whoever_is_overtaken_is_given_the_next(store: MemoryStore) -> None:
    with api(archive(store, claims=Overtaken())) as client:
        assert blobs(client, limit=3) == numbered(2, 3, 4)


def test_the_claim_lasts_as_long_as_the_answer_says(client: TestClient, claims: MemoryClaims) -> None:
    answer = ReviewQueue.model_validate_json(client.post(PATH, json={"session": "ada"}).content)
    assert 295 < (answer.claimed_until - now()).total_seconds() <= queue.CLAIM_S
    assert len(claims.held("ada/anonymous")) == 10
