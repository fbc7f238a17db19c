"""The routes to pictures, with links that tell what they are for."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from loupe_query.pictures.examples import LINKS, UPLOADS
from loupe_query.pictures.ports import Link
from loupe_query.pictures.routes import CACHED_S, pictures_router, uploads_router
from loupe_shared.adapters.web import install_problems
from loupe_shared.api.pictures import LinksGiven, UploadsGiven
from loupe_shared.domain import Reason
from loupe_shared.errors import BlobGone, ImageRejected, LoupeError, StorageUnavailable
from tests.factories import NOON

SOON = NOON + timedelta(minutes=15)
PROBLEMS: dict[str, LoupeError] = {
    "gone.jpg": BlobGone("images/gone.jpg does not exist"),
    "letter.txt": ImageRejected(Reason.NOT_AN_IMAGE, "not one of JPEG"),
    "late.jpg": StorageUnavailable("storage does not answer"),
}
NAMES = ["coffee.png", "line 3/ü#?&%.jpg", "a//b", "/a", ".hidden", "x/blobs/y", "dots../a..b"]


class SpokenLinks:
    """Links that say what they permit."""

    def read(self, container: str, blob: str) -> Link:
        """See ``Links.read``."""
        return Link(f"https://storage/{container}/{blob.encode().hex()}?read", SOON)

    def upload(self, container: str, blob: str) -> Link:
        """See ``Links.upload``."""
        return Link(f"https://storage/{container}/{blob.encode().hex()}?upload", SOON)

    def create(self, container: str, blob: str) -> Link:
        """See ``Links.create``."""
        return Link(f"https://storage/{container}/{blob.encode().hex()}?create", SOON)


class SpokenThumbnails:
    """Thumbnails of all pictures but those that have a problem."""

    async def link(self, blob: str) -> Link:
        """See ``Thumbnails.link``."""
        if blob in PROBLEMS:
            raise PROBLEMS[blob]
        return Link(f"https://storage/thumbnails/{blob.encode().hex()}?read", SOON)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the routes."""
    app = FastAPI()
    install_problems(app)
    app.include_router(pictures_router(SpokenLinks(), SpokenThumbnails(), "images"))
    app.include_router(uploads_router(SpokenLinks(), "images"))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def content(blob: str) -> str:
    """The link to a picture."""
    return SpokenLinks().read("images", blob).url


def quoted(blob: str) -> str:
    """A name in an address."""
    return blob.replace("%", "%25").replace("#", "%23").replace("?", "%3F").replace(" ", "%20")


@pytest.mark.parametrize("name", NAMES)
def test_one_picture(client: TestClient, name: str) -> None:
    for kind, link in (("content", content(name)), ("thumbnails", content(name).replace("images", "thumbnails"))):
        response = client.get(f"/v1/{kind}/images/{quoted(name)}")
        assert (response.status_code, response.headers["location"]) == (307, link)
        assert response.headers["cache-control"] == f"private, max-age={CACHED_S}"


@pytest.mark.parametrize("kind", ["content", "thumbnails"])
@pytest.mark.parametrize(
    "path",
    ["thumbnails/a.jpg", "$logs/a", "images/", "images/%2e%2e/x", "images/a/%2e/b", "images/a%5C..%5Cb", "images/a%00"],
)
def test_nothing_else_is_linked_to(client: TestClient, kind: str, path: str) -> None:
    response = client.get(f"/v1/{kind}/{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("blob", "status", "says"),
    [
        ("gone.jpg", 404, "images/gone.jpg does not exist"),
        ("letter.txt", 404, "not_an_image: not one of JPEG"),
        ("late.jpg", 503, "storage does not answer"),
    ],
)
def test_why_there_is_no_thumbnail(client: TestClient, blob: str, status: int, says: str) -> None:
    response = client.get(f"/v1/thumbnails/images/{blob}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


def test_a_page_of_links_has_the_order_of_the_question(client: TestClient) -> None:
    blobs = ["a.jpg", "gone.jpg", "b/ü.jpg", "letter.txt", "late.jpg", "", "a\x00", "../b", "a.jpg"]
    asked = [{"container": "images", "blob": blob} for blob in blobs]
    asked.append({"container": "thumbnails", "blob": "a.jpg"})
    response = client.post("/v1/links", json={"images": asked})
    assert response.status_code == 200
    answer = response.json()
    assert answer["expires_at"] == "2026-11-22T12:15:00Z"
    images = answer["images"]
    assert [{"container": image["container"], "blob": image["blob"]} for image in images] == asked
    thumbnail = content("a.jpg").replace("images", "thumbnails")
    assert images[0] == asked[0] | {"content": content("a.jpg"), "thumbnail": thumbnail, "problem": None}
    assert images[0] == images[8]
    given = [(image["content"], bool(image["thumbnail"]), image["problem"]) for image in images[1:8] + images[9:]]
    assert given == [
        (None, False, "images/gone.jpg does not exist"),
        (content("b/ü.jpg"), True, None),
        (content("letter.txt"), False, "not_an_image: not one of JPEG"),
        (content("late.jpg"), False, "storage does not answer"),
        (None, False, "no picture can have such a name"),
        (None, False, "no picture can have such a name"),
        (None, False, "no picture can have such a name"),
        (None, False, "only pictures in the container images have links"),
    ]


def test_no_links_never_expire(client: TestClient) -> None:
    response = client.post("/v1/links", json={"images": [{"container": "other", "blob": "a"}]})
    assert response.json()["expires_at"] is None


@pytest.mark.parametrize("count", [0, 201])
def test_pages_have_a_limit(client: TestClient, count: int) -> None:
    response = client.post("/v1/links", json={"images": [{"container": "images", "blob": "a"}] * count})
    assert response.status_code == 422
    assert "body.images" in response.json()["detail"]


def test_links_for_uploading(client: TestClient) -> None:
    blobs = ["line 3/a.jpg", "x" * 1024, "/".join("x" * 254), "ü#?&% //b", ".hidden", "a..b"]
    response = client.post("/v1/uploads", json={"blobs": blobs})
    assert response.status_code == 200
    assert response.json() == {
        "container": "images",
        "expires_at": "2026-11-22T12:15:00Z",
        "headers": {"x-ms-blob-type": "BlockBlob"},
        "uploads": [{"blob": blob, "url": SpokenLinks().upload("images", blob).url} for blob in blobs],
    }


@pytest.mark.parametrize(
    "blobs",
    [
        [],
        ["x"] * 1001,
        [""],
        ["x" * 1025],
        ["a\nb"],
        ["a\x00"],
        ["a\x85"],
        ["a."],
        ["a/"],
        ["."],
        ["../a"],
        ["a/./b"],
        ["a\\..\\b"],
        ["/".join("x" * 255)],
        ["good.jpg", "bad."],
    ],
)
def test_names_that_no_blob_can_have(client: TestClient, blobs: list[str]) -> None:
    response = client.post("/v1/uploads", json={"blobs": blobs})
    assert response.status_code == 422
    assert "body.blobs" in response.json()["detail"]


def test_half_a_character(client: TestClient) -> None:
    for path, body in (
        ("uploads", b'{"blobs": ["a\\ud800"]}'),
        ("links", b'{"images": [{"container": "images", "blob": "a\\ud800"}]}'),
    ):
        response = client.post(f"/v1/{path}", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 422


def test_the_description_is_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/content/{container}/{blob}",
        "/v1/thumbnails/{container}/{blob}",
        "/v1/links",
        "/v1/uploads",
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert {"422", "503"} < set(operation["responses"]), path
            if "200" in operation["responses"]:
                assert "example" in operation["responses"]["200"]["content"]["application/json"], path
            else:
                assert {"307", "404"} < set(operation["responses"]), path
    assert LinksGiven.model_validate(LINKS)
    assert UploadsGiven.model_validate(UPLOADS)
