"""Pictures on their way to real storage and back, without a word to storage about who calls."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import md5
from pathlib import Path

import httpx2
import pytest

from loupe_client import Loupe, NotFound, Unreachable, Uploaded, UploadFailed, addresses
from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_query.access.keys import hash_key, new_key
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.thumbnails import BlobThumbnails
from loupe_shared.adapters.blob_service import connect
from tests.apps import archive
from tests.factories import CONTAINER, SAMPLES, encode, photo
from tests.unit.test_client import serving

API_KEY = new_key()
NAMES = ["line 3/ü#?&%41.jpg", "a//b", ".hidden", "a+b=c&d;e,f:g@h!", "emoji 🦊", "~'()*"]
FLOWER = SAMPLES / "flower.jpg"

Fault = Callable[[httpx2.Request], httpx2.Response | None]


class Recorder(httpx2.HTTPTransport):
    """Keeps what is sent to storage, and may answer in its place."""

    def __init__(self, api: str) -> None:
        super().__init__()
        self.to_storage: list[httpx2.Request] = []
        self.fault: Fault = lambda _: None
        self._api = httpx2.URL(api)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it."""
        if request.url.port == self._api.port:
            assert request.headers["Authorization"] == f"Bearer {API_KEY}"
            return super().handle_request(request)
        self.to_storage.append(request)
        return self.fault(request) or super().handle_request(request)


@pytest.fixture
def url(azurite: Azurite, unused_port: int, tmp_path: Path) -> Iterator[str]:
    """An API over the storage account, for those who have the key."""
    settings = PictureSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=azurite.blob_endpoint)
    entry = {"name": "a", "sha256": hash_key(API_KEY), "scopes": ["read", "review"]}
    (tmp_path / "keys.json").write_text(json.dumps([entry]))
    with connect(settings) as service:
        links = AzureLinks(settings, service)
        with closing(BlobThumbnails(settings, service, links)) as thumbnails:
            over = archive(links=links, thumbnails=thumbnails)
            with serving(over, unused_port, api_keys_file=tmp_path / "keys.json") as url:
                yield url


@pytest.fixture
def recorder(url: str) -> Recorder:
    """The client's way to both."""
    return Recorder(url)


@pytest.fixture
def pauses() -> list[float]:
    """For how long the client slept."""
    return []


@pytest.fixture
def loupe(url: str, recorder: Recorder, pauses: list[float]) -> Iterator[Loupe]:
    """A client with the key."""
    with Loupe(url, api_key=API_KEY, transport=recorder, sleep=pauses.append) as loupe:
        yield loupe


def test_pictures_and_their_thumbnails(loupe: Loupe, recorder: Recorder, azurite: Azurite) -> None:
    png = encode(photo().resize((20, 10)))
    given: dict[str, bytes | str | Path] = {"flower.JPG": FLOWER, "as text": str(FLOWER)}
    given.update(dict.fromkeys(NAMES, png))
    uploads = loupe.upload(given)
    assert [(one.container, one.blob) for one in uploads] == [(CONTAINER, name) for name in given]
    for one in uploads:
        assert loupe.content(CONTAINER, one.blob) == (png if one.blob in NAMES else FLOWER.read_bytes())
        assert loupe.thumbnail(CONTAINER, one.blob).startswith(b"\xff\xd8")
    with azurite.blobs() as blobs:
        known = {name: blobs.get_blob_client(CONTAINER, name).get_blob_properties() for name in given}
    assert [one.etag for one in uploads] == [properties.etag.strip('"') for properties in known.values()]
    types = {name: properties.content_settings.content_type for name, properties in known.items()}
    assert (types["flower.JPG"], types["a//b"]) == ("image/jpeg", "application/octet-stream")
    assert len(recorder.to_storage) == 3 * len(given)
    for request in recorder.to_storage:
        assert API_KEY not in str(request.headers.raw) + str(request.url)
        assert "Authorization" not in request.headers


def test_links_for_any_number_of_pictures(loupe: Loupe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "CHUNK", 2)
    names = [f"{n}.jpg" for n in range(5)]
    assert [one.blob for one in loupe.upload(dict.fromkeys(names, FLOWER))] == names
    answer = loupe.links((CONTAINER, name) for name in [*names, "none"])
    assert [picture.blob for picture in answer.images] == [*names, "none"]
    assert [bool(picture.thumbnail) for picture in answer.images] == [True] * 5 + [False]
    assert answer.expires_at
    assert (loupe.links([]).expires_at, loupe.upload({})) == (None, ())


def test_a_busy_storage_is_asked_again(loupe: Loupe, recorder: Recorder, pauses: list[float]) -> None:
    recorder.fault = lambda _: httpx2.Response(503, headers={"Retry-After": "7"}) if not pauses else None
    assert loupe.upload({"busy.jpg": FLOWER})
    assert pauses == [7]
    assert loupe.content(CONTAINER, "busy.jpg") == FLOWER.read_bytes()


def test_a_picture_that_does_not_reach_storage(loupe: Loupe, recorder: Recorder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        loupe.upload({"a.jpg": tmp_path / "none.jpg"})
    code = {"x-ms-error-code": "AuthenticationFailed"}
    recorder.fault = lambda _: httpx2.Response(403, text="<xml/>", headers=code)
    with pytest.raises(UploadFailed, match=r"^a\.jpg could not be uploaded: 403: AuthenticationFailed$") as failed:
        loupe.upload({"a.jpg": FLOWER})
    assert failed.value.blob == "a.jpg"

    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.WriteError("reset", request=request)

    recorder.fault = broken
    with pytest.raises(UploadFailed, match="reset") as failed:
        loupe.upload({"a.jpg": FLOWER})
    assert isinstance(failed.value.__cause__, Unreachable)


def test_one_bad_file_costs_the_others_nothing(loupe: Loupe, tmp_path: Path) -> None:
    pictures = {"first.jpg": FLOWER, "none.jpg": tmp_path / "none.jpg", "last.jpg": FLOWER}
    first, failed, last = loupe.upload_each(pictures, concurrent=1)
    assert isinstance(failed, UploadFailed)
    assert (failed.blob, isinstance(failed.__cause__, FileNotFoundError)) == ("none.jpg", True)
    for one in (first, last):
        assert isinstance(one, Uploaded)
        assert loupe.content(CONTAINER, one.blob) == FLOWER.read_bytes()


def test_what_storage_knows_of_the_bytes(loupe: Loupe, recorder: Recorder) -> None:
    loupe.upload({"known.jpg": FLOWER})
    assert loupe.checksum(CONTAINER, "known.jpg") == md5(FLOWER.read_bytes(), usedforsecurity=False).digest()
    with pytest.raises(NotFound):
        loupe.checksum(CONTAINER, "nowhere.jpg")
    for strange in ({}, {"Content-MD5": "?"}):
        recorder.fault = lambda _, headers=strange: httpx2.Response(200, headers=headers)  # type: ignore[misc]
        assert loupe.checksum(CONTAINER, "known.jpg") is None


def test_whether_storage_can_be_reached(loupe: Loupe, recorder: Recorder) -> None:
    link = loupe.upload_links(["a.jpg"]).uploads[0].url
    loupe.reach(link)  # which is no link for reading, and is refused

    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    recorder.fault = broken
    with pytest.raises(Unreachable, match="no route"):
        loupe.reach(link)


def test_pictures_that_there_are_not(loupe: Loupe) -> None:
    with pytest.raises(NotFound, match="BlobNotFound"):
        loupe.content(CONTAINER, "nowhere.jpg")
    with pytest.raises(NotFound, match="does not exist"):
        loupe.thumbnail(CONTAINER, "nowhere.jpg")
