"""The routes that find similar images, with the model that Loupe comes with and its sample photos."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from loupe_query.access.body import BodyLimit
from loupe_query.similar.embedder import Embedder
from loupe_query.similar.routes import similar_router
from loupe_query.similar.sqlite import SqliteSimilar
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.adapters.web import install_problems
from loupe_shared.errors import ImageRejected, InvalidBundle, StoreUnavailable, TransientError
from loupe_shared.result import Embedding
from tests.bundles import link_bundle, publish_bundle
from tests.factories import ACCOUNT, BUNDLE, CONTAINER, SAMPLES, encode, photo, rejection, result
from tests.waiting import wait_for

SPACE = "efficientnet-lite0:1"
MAX_BYTES = 1_000_000
MAX_PIXELS = 10_000_000


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The model."""
    return Embedder(BUNDLE, MAX_PIXELS)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the results are."""
    return tmp_path_factory.mktemp("similar") / "results.sqlite"


@pytest.fixture(scope="module")
def store(embedder: Embedder, file: Path) -> Iterator[SqliteStore]:
    """A store with the sample photos, and two images that have no embedding."""
    store = SqliteStore(file)
    images = [rejection("broken.jpg"), result("older.jpg")]
    for path in sorted(SAMPLES.glob("*.[jp][pn]g")):
        space, embedding = embedder.embed(path.read_bytes())
        assert space == SPACE
        image = result(path.name)
        model = image.model and image.model.model_copy(update={"name": "efficientnet-lite0"})
        images.append(image.model_copy(update={"embedding": embedding, "model": model}))
    store.write(images)
    yield store
    store.close()


@pytest.fixture(scope="module")
def similar(store: SqliteStore, file: Path) -> Iterator[SqliteSimilar]:
    """The index of the store."""
    similar = SqliteSimilar(file)
    (known,) = store.embeddings([result("coffee.png").image.id]).values()
    wait_for(lambda: is_loaded(similar, *known), "the index")
    yield similar
    similar.close()


def is_loaded(similar: SqliteSimilar, space: str, embedding: Embedding) -> bool:
    """Whether it answers."""
    try:
        similar.nearest(space, embedding, 1)
    except StoreUnavailable:
        return False
    return True


def make_client(store: SqliteStore, similar: SqliteSimilar, embedder: Embedder | None) -> TestClient:
    """A client of the routes alone."""
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, MAX_BYTES, {})
    app.include_router(similar_router(store, similar, embedder, ACCOUNT))
    return TestClient(app)


@pytest.fixture
def client(store: SqliteStore, similar: SqliteSimilar, embedder: Embedder) -> TestClient:
    """A client of the routes with a model."""
    return make_client(store, similar, embedder)


def problem(client: TestClient, url: str, content: bytes | None = None) -> tuple[int, str]:
    """Status and detail of an error."""
    response = client.get(url) if content is None else client.post(url, content=content)
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["detail"]


def test_images_like_an_image(client: TestClient) -> None:
    response = client.get(f"/v1/similar/{CONTAINER}/coffee.png?limit=3")
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert answer["space"] == SPACE
    blobs = [found["image"]["image"]["blob"] for found in answer["images"]]
    similarities = [found["similarity"] for found in answer["images"]]
    assert "coffee.png" not in blobs
    assert len(set(blobs)) == 3
    assert 1 > similarities[0] >= similarities[1] >= similarities[2] > 0
    assert answer["images"][0]["image"]["predictions"][0]["label"] == "cat"
    assert len(client.get(f"/v1/similar/{CONTAINER}/coffee.png").json()["images"]) == 5


@pytest.mark.parametrize("name", ["coffee.png", "flower.jpg", "rocket.jpg"])
def test_a_picture_finds_itself_first(client: TestClient, name: str) -> None:
    answer = client.post("/v1/similar", content=(SAMPLES / name).read_bytes()).json()
    first, second = answer["images"][:2]
    assert (first["image"]["image"]["blob"], first["similarity"]) == (name, 1.0)
    assert second["similarity"] < 0.9
    assert len(answer["images"]) == 6


def test_a_picture_finds_what_it_was_cut_from(client: TestClient) -> None:
    flower = photo()
    part = flower.crop((60, 40, flower.width - 20, flower.height - 30))
    answer = client.post("/v1/similar?limit=1", content=encode(part, "JPEG"), headers={"content-type": "image/jpeg"})
    (found,) = answer.json()["images"]
    assert (found["image"]["image"]["blob"], found["similarity"] > 0.7) == ("flower.jpg", True)


def test_what_has_no_neighbours_is_told_why(client: TestClient) -> None:
    status, detail = problem(client, f"/v1/similar/{CONTAINER}/never.jpg")
    assert (status, detail) == (404, "no outcome of images/never.jpg is known (yet)")
    for blob in ("broken.jpg", "older.jpg"):
        status, detail = problem(client, f"/v1/similar/{CONTAINER}/{blob}")
        assert (status, f"images/{blob} has no embedding" in detail) == (404, True)


def test_pictures_that_cannot_be_used(client: TestClient) -> None:
    assert problem(client, "/v1/similar", b"") == (422, "the picture cannot be used: empty: the blob has no bytes")
    status, detail = problem(client, "/v1/similar", b"no picture")
    assert (status, "not_an_image" in detail) == (422, True)
    status, detail = problem(client, "/v1/similar", encode(Image.new("1", (4000, 3000))))
    assert (status, "too_many_pixels" in detail) == (422, True)
    assert problem(client, "/v1/similar", bytes(MAX_BYTES + 1))[0] == 413
    for limit in ("0", "101", "many"):
        assert problem(client, f"/v1/similar?limit={limit}", b"x")[0] == 422
        assert problem(client, f"/v1/similar/{CONTAINER}/coffee.png?limit={limit}")[0] == 422


def test_without_a_model_only_pictures_of_the_archive_are_searched_by(
    store: SqliteStore, similar: SqliteSimilar
) -> None:
    client = make_client(store, similar, None)
    status, detail = problem(client, "/v1/similar", encode(photo()))
    assert (status, "LOUPE_MODEL_BUNDLE" in detail) == (501, True)
    assert client.get(f"/v1/similar/{CONTAINER}/coffee.png").status_code == 200


def test_the_description_says_what_is_sent_and_answered(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    operation = paths["/v1/similar"]["post"]
    assert list(operation["requestBody"]["content"]) == ["image/*"]
    assert {"200", "413", "422", "501", "503"} <= set(operation["responses"])
    for described in (operation, paths["/v1/similar/{container}/{blob}"]["get"]):
        content = described["responses"]["200"]["content"]["application/json"]
        assert content["example"]["images"][0]["image"]["image"]["blob"]
        assert content["schema"]["$ref"].endswith("/SimilarList")


def test_the_model_is_loaded_when_it_is_needed_and_follows_its_folder(tmp_path: Path) -> None:
    embedder = Embedder(tmp_path / "bundle", MAX_PIXELS)
    picture = encode(photo())
    with pytest.raises(InvalidBundle, match="cannot be read"):
        embedder.embed(picture)
    folder = link_bundle(tmp_path)
    assert embedder.embed(picture)[0] == SPACE
    publish_bundle(folder, 2)
    assert embedder.embed(picture)[0] == "efficientnet-lite0:2"
    shutil.rmtree(folder.resolve())
    assert embedder.embed(picture)[0] == "efficientnet-lite0:2"


def test_pictures_wait_for_each_other_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_query.similar.embedder.CONCURRENT", 1)
    monkeypatch.setattr("loupe_query.similar.embedder.PATIENCE_S", 0.01)
    embedder = Embedder(BUNDLE, MAX_PIXELS)
    with pytest.raises(ImageRejected):
        embedder.embed(b"no picture")
    busy: list[str] = []

    def decode_meanwhile(*_: object) -> None:
        with pytest.raises(TransientError) as caught:
            embedder.embed(b"another")
        busy.append(str(caught.value))

    monkeypatch.setattr("loupe_query.similar.embedder.decode_into", decode_meanwhile)
    embedder.embed(encode(photo()))
    assert busy == ["too many pictures are searched by at once"]
