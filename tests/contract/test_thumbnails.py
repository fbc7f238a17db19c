"""Thumbnails on real blob storage."""

import asyncio
import io
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote, urlsplit

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, StandardBlobTier
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_query.pictures import thumbnails
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.ports import Link
from loupe_query.pictures.routes import pictures_router, uploads_router
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.shrink import shrink
from loupe_query.pictures.thumbnails import MAKERS, BlobThumbnails
from loupe_shared.adapters import blob_service
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.web import install_problems
from loupe_shared.domain import Reason
from loupe_shared.errors import BlobGone, ImageRejected, StorageUnavailable, TransientError
from tests.factories import encode, photo

PHOTO = encode(photo(), "JPEG")


@pytest.fixture
def settings(azurite: Azurite) -> PictureSettings:
    """The storage account, with limits that a test can exceed."""
    return PictureSettings(
        storage_account=ACCOUNT,
        storage_key=KEY,
        blob_endpoint=azurite.blob_endpoint,
        max_image_bytes=1_000_000,
        max_image_pixels=1_000_000,
    )


@pytest.fixture
def storage(settings: PictureSettings) -> Iterator[BlobServiceClient]:
    """The storage account."""
    with connect(settings) as storage:
        with suppress(ResourceExistsError):
            storage.create_container(settings.thumbnail_container)
        yield storage


@contextmanager
def process(settings: PictureSettings) -> Iterator[BlobThumbnails]:
    """The adapter, as one process has it."""
    with connect(settings) as service:
        adapter = BlobThumbnails(settings, service, AzureLinks(settings, service))
        yield adapter
        adapter.close()


@pytest.fixture
def adapter(settings: PictureSettings, storage: BlobServiceClient) -> Iterator[BlobThumbnails]:
    """The adapter."""
    assert storage
    with process(settings) as adapter:
        yield adapter


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What has been decoded."""
    decoded: list[bytes] = []

    def count(data: bytes, max_pixels: int) -> bytes:
        decoded.append(data)
        return shrink(data, max_pixels)

    monkeypatch.setattr(thumbnails, "shrink", count)
    return decoded


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Decoding goes on when this is set."""
    held = threading.Event()

    def wait(data: bytes, max_pixels: int) -> bytes:
        held.wait()
        return shrink(data, max_pixels)

    monkeypatch.setattr(thumbnails, "shrink", wait)
    yield held
    held.set()


@pytest.fixture
def name() -> str:
    """Of a new blob."""
    return f"line 3/ü#?&% //{uuid.uuid4().hex}.jpg"


def upload(storage: BlobServiceClient, name: str, data: bytes = PHOTO) -> None:
    """Write a version of a picture."""
    storage.get_blob_client("images", name).upload_blob(data, overwrite=True)


def follow(url: str) -> tuple[bytes, BlobProperties]:
    """What a link leads to."""
    with BlobClient.from_blob_url(url) as blob:
        stream = blob.download_blob()
        return stream.readall(), stream.properties


def size(link: Link) -> tuple[int, int]:
    """The size of the thumbnail that a link leads to."""
    data, properties = follow(link.url)
    assert properties.content_settings.content_type == "image/jpeg"
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def links(adapter: BlobThumbnails, *names: str) -> list[Link | BaseException]:
    """What comes of asking for thumbnails at once."""

    async def ask() -> list[Link | BaseException]:
        return await asyncio.gather(*map(adapter.link, names), return_exceptions=True)

    return asyncio.run(ask())


def link(adapter: BlobThumbnails, name: str) -> Link:
    """A link to one thumbnail."""
    return asyncio.run(adapter.link(name))


def path(link: Link) -> str:
    """Which blob a link leads to."""
    return urlsplit(link.url).path


def test_a_thumbnail_is_made_and_kept(
    adapter: BlobThumbnails, settings: PictureSettings, storage: BlobServiceClient, name: str, decoded: list[bytes]
) -> None:
    upload(storage, name)
    first = link(adapter, name)
    assert size(first) == (256, 171)
    assert path(link(adapter, name)) == path(first)
    with process(settings) as other:
        assert path(link(other, name)) == path(first)
    assert decoded == [PHOTO]


def test_many_who_ask_at_once_get_one(
    adapter: BlobThumbnails, storage: BlobServiceClient, name: str, decoded: list[bytes]
) -> None:
    upload(storage, name)
    given = links(adapter, *[name] * 20)
    assert len({path(one) for one in given if isinstance(one, Link)}) == 1
    assert decoded == [PHOTO]


def test_processes_may_make_the_same(
    settings: PictureSettings, storage: BlobServiceClient, name: str, held: threading.Event
) -> None:
    upload(storage, name)
    with process(settings) as one, process(settings) as other:

        async def ask() -> list[Link]:
            both = asyncio.gather(one.link(name), other.link(name))
            while not (one._known and other._known):  # noqa: SLF001, ASYNC110
                await asyncio.sleep(0.01)
            held.set()
            return list(await both)

        first, second = asyncio.run(ask())
    assert path(first) == path(second)
    assert size(first) == (256, 171)


def test_a_replaced_picture_gets_another(adapter: BlobThumbnails, storage: BlobServiceClient, name: str) -> None:
    upload(storage, name)
    before = link(adapter, name)
    upload(storage, name, encode(photo().rotate(90, expand=True)))
    after = link(adapter, name)
    assert (size(before), size(after)) == ((256, 171), (171, 256))


def test_a_lost_thumbnail_is_made_again(
    settings: PictureSettings, storage: BlobServiceClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(storage, name)
    monkeypatch.setattr(thumbnails, "KNOWN_S", 0)
    with process(settings) as adapter:

        async def ask() -> tuple[Link, Link]:
            first = await adapter.link(name)
            lost = path(first).split(f"/{settings.thumbnail_container}/")[1]
            storage.get_blob_client(settings.thumbnail_container, lost).delete_blob()
            await asyncio.sleep(0.01)
            return first, await adapter.link(name)

        first, second = asyncio.run(ask())
    assert path(first) == path(second)
    assert size(second) == (256, 171)


def png(width: int, height: int) -> bytes:
    """A picture of one color: few bytes, many pixels."""
    return encode(Image.new("1", (width, height)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"Dear reader,", Reason.NOT_AN_IMAGE),
        (PHOTO[:5000], Reason.TRUNCATED),
        (b"x" * 1_000_001, Reason.TOO_LARGE),
        (png(1001, 1000), Reason.TOO_MANY_PIXELS),
    ],
)
def test_what_has_no_thumbnail(
    adapter: BlobThumbnails, storage: BlobServiceClient, name: str, data: bytes, reason: Reason, decoded: list[bytes]
) -> None:
    upload(storage, name, data)
    for _ in range(2):
        with pytest.raises(ImageRejected) as caught:
            link(adapter, name)
        assert caught.value.reason is reason
    assert decoded == ([] if reason is Reason.TOO_LARGE else [data])
    upload(storage, name)
    assert size(link(adapter, name)) == (256, 171)


def test_archived(adapter: BlobThumbnails, storage: BlobServiceClient, name: str) -> None:
    upload(storage, name)
    storage.get_blob_client("images", name).set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    with pytest.raises(ImageRejected, match="BlobArchived") as caught:
        link(adapter, name)
    assert caught.value.reason is Reason.UNREADABLE


def test_deleted(adapter: BlobThumbnails, storage: BlobServiceClient, name: str) -> None:
    upload(storage, name)
    link(adapter, name)
    storage.get_blob_client("images", name).delete_blob()
    with pytest.raises(BlobGone):
        link(adapter, name)


@pytest.mark.parametrize("container", ["image_container", "thumbnail_container"])
def test_a_container_that_is_missing_says_nothing_about_the_picture(
    settings: PictureSettings, storage: BlobServiceClient, name: str, container: str
) -> None:
    upload(storage, name)
    with (
        process(settings.model_copy(update={container: "missing"})) as adapter,
        pytest.raises(StorageUnavailable, match="ContainerNotFound"),
    ):
        link(adapter, name)


def test_storage_that_is_away(settings: PictureSettings, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_service, "RETRIES", 0)
    away = settings.model_copy(update={"blob_endpoint": f"http://127.0.0.1:{unused_port}/a"})
    with process(away) as adapter, pytest.raises(StorageUnavailable, match="does not answer"):
        link(adapter, "a.jpg")


def test_a_picture_that_changes_while_it_is_read(
    adapter: BlobThumbnails, storage: BlobServiceClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(storage, name)

    def change(*_: object) -> bool:
        upload(storage, name, encode(photo().rotate(90, expand=True)))
        return False

    with monkeypatch.context() as patch:
        patch.setattr(BlobThumbnails, "_exists", change)
        with pytest.raises(StorageUnavailable, match="changed"):
            link(adapter, name)
    assert size(link(adapter, name)) == (171, 256)


def test_slow_decoders_hold_up_nobody_else(
    adapter: BlobThumbnails,
    storage: BlobServiceClient,
    name: str,
    held: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thumbnails, "KNOWN_S", 0)
    upload(storage, name)
    held.set()
    link(adapter, name)
    held.clear()
    slow = [f"{name}-{number}" for number in range(MAKERS + 3)]
    for one in slow:
        upload(storage, one)
    monkeypatch.setattr(thumbnails, "WAIT_S", 0.5)

    async def ask() -> list[Link]:
        for late in await asyncio.gather(*map(adapter.link, slow), return_exceptions=True):
            assert isinstance(late, TransientError)
        monkeypatch.setattr(thumbnails, "WAIT_S", 60)
        assert await adapter.link(name)
        held.set()
        return await asyncio.gather(*map(adapter.link, slow))

    assert {size(one) for one in asyncio.run(ask())} == {(256, 171)}


def test_what_is_known_is_bounded(
    adapter: BlobThumbnails, storage: BlobServiceClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "KNOWN", 2)
    names = [f"{name}-{number}" for number in range(5)]
    for one in names:
        upload(storage, one)
    assert all(isinstance(one, Link) for one in links(adapter, *names))
    assert len(adapter._known) == 2  # noqa: SLF001


@pytest.fixture
def client(adapter: BlobThumbnails, settings: PictureSettings, storage: BlobServiceClient) -> Iterator[TestClient]:
    """A client of the routes."""
    app = FastAPI()
    install_problems(app)
    signer = AzureLinks(settings, storage)
    app.include_router(pictures_router(signer, adapter, settings.image_container))
    app.include_router(uploads_router(signer, settings.image_container))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def test_from_upload_to_gallery(client: TestClient, name: str) -> None:
    texts = {f"{name}.txt": b"Dear reader,", f"{name}.empty": b""}
    pictures = {f"{name}-{number}": PHOTO for number in range(6)}
    given = client.post("/v1/uploads", json={"blobs": [*texts, *pictures]}).json()
    for place, data in zip(given["uploads"], [*texts.values(), *pictures.values()], strict=True):
        with BlobClient.from_blob_url(place["url"]) as blob:
            blob.upload_blob(data)
    order = [*pictures, *texts, "nowhere.jpg"]
    answer = client.post("/v1/links", json={"images": [{"container": "images", "blob": blob} for blob in order]})
    assert answer.status_code == 200
    images = answer.json()["images"]
    assert [image["blob"] for image in images] == order
    for image in images[:6]:
        assert follow(image["content"])[0] == PHOTO
        with Image.open(io.BytesIO(follow(image["thumbnail"])[0])) as thumbnail:
            assert thumbnail.size == (256, 171)
        assert image["problem"] is None
    assert [image["problem"].split(":")[0] for image in images[6:8]] == ["not_an_image", "empty"]
    assert follow(images[6]["content"])[0] == b"Dear reader,"
    assert images[8] == {
        "container": "images",
        "blob": "nowhere.jpg",
        "content": None,
        "thumbnail": None,
        "problem": "images/nowhere.jpg does not exist",
    }


def test_one_picture(client: TestClient, storage: BlobServiceClient, name: str) -> None:
    upload(storage, name)
    where = f"images/{quote(name)}"
    assert follow(client.get(f"/v1/content/{where}").headers["location"])[0] == PHOTO
    data, properties = follow(client.get(f"/v1/thumbnails/{where}").headers["location"])
    assert data.startswith(b"\xff\xd8")
    assert "immutable" in (properties.content_settings.cache_control or "")
    storage.get_blob_client("images", name).delete_blob()
    response = client.get(f"/v1/thumbnails/{where}")
    assert response.status_code == 404
    assert "does not exist" in response.json()["detail"]
