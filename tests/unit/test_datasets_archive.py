"""What people said of images in a running Loupe becomes a data set."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from loupe_client import Loupe, Unavailable
from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_query.access.keys import hash_key, new_key
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.thumbnails import BlobThumbnails
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.domain import now
from loupe_shared.result import Review
from loupe_training.datasets.archive import read_archive
from loupe_training.datasets.command import main
from loupe_training.datasets.labelled import checked
from loupe_training.datasets.snapshot import Snapshot, manifest_of
from tests.apps import archive
from tests.factories import CONTAINER, NOON, encode, result
from tests.textures import texture
from tests.unit.test_client import serving

API_KEY = new_key()
NAMES = [f"line 3/{label} ü#{n}.png" for label in ("scratch", "sound") for n in range(6)]


@pytest.fixture
def store() -> MemoryStore:
    """An archive."""
    return MemoryStore()


@pytest.fixture
def url(azurite: Azurite, store: MemoryStore, unused_port: int, tmp_path: Path) -> Iterator[str]:
    """An API over an archive of pictures that are in storage, and that a person has reviewed."""
    settings = PictureSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=azurite.blob_endpoint)
    entry = {"name": "Ada", "sha256": hash_key(API_KEY), "scopes": ["read", "review"]}
    (tmp_path / "keys.json").write_text(json.dumps([entry]))
    with connect(settings) as service:
        links = AzureLinks(settings, service)
        with closing(BlobThumbnails(settings, service, links)) as thumbnails:
            over = archive(store, links=links, thumbnails=thumbnails)
            with serving(over, unused_port, api_keys_file=tmp_path / "keys.json") as url:
                with Loupe(url, api_key=API_KEY) as loupe:
                    review(loupe, store, [*NAMES, "elsewhere/a//b"])
                store.write([result("line 3/never reviewed.png")])
                yield url


def review(loupe: Loupe, store: MemoryStore, names: list[str]) -> None:
    """Upload pictures, let them be classified, and say what they show."""
    pictures = {name: encode(texture(seed)) for seed, name in enumerate(names)}
    for one in loupe.upload(pictures):
        made = result(one.blob)
        store.write([made.model_copy(update={"image": made.image.model_copy(update={"etag": one.etag})})])
        loupe.review(CONTAINER, one.blob, "scratch" if "scratch" in one.blob else "sound", etag=one.etag)


def test_reviewed_images_with_their_pictures(url: str, tmp_path: Path) -> None:
    with Loupe(url, api_key=API_KEY) as loupe:
        found = checked(read_archive(loupe, url, tmp_path / "downloads"))
        shown = {one.image.blob: one for one in loupe.images(reviewed=True)}
    assert found.notes == ()
    assert {one.name for one in found.pictures} == {*NAMES, f"unnamed/{shown['elsewhere/a//b'].image.id}"}
    for one in found.pictures:
        if one.name in NAMES:
            assert one.label == ("scratch" if "scratch" in one.name else "sound")
            assert one.file.read_bytes() == encode(texture(NAMES.index(one.name)))
            assert one.where == f"images/{one.name}, says Ada"
            assert one.taken_at == shown[one.name].image.uploaded_at


class Recorder(httpx2.HTTPTransport):
    """Counts what is read from storage, and lets some of it fail."""

    def __init__(self, api: str, last: int | None = None) -> None:
        super().__init__()
        self.read: list[str] = []
        self._last = last
        self._api = httpx2.URL(api).port

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, unless it is beyond the last that is answered."""
        if request.url.port == self._api:
            return super().handle_request(request)
        self.read.append(request.headers["If-Match"])
        if self._last is not None and len(self.read) > self._last:
            return httpx2.Response(503)
        return super().handle_request(request)


def test_what_was_downloaded_is_not_downloaded_again(url: str, tmp_path: Path) -> None:
    first, second, third = Recorder(url, last=5), Recorder(url), Recorder(url)
    with (
        Loupe(url, api_key=API_KEY, transport=first, retries=0) as loupe,
        pytest.raises(Unavailable),
    ):
        read_archive(loupe, url, tmp_path / "downloads")
    assert [path for path in (tmp_path / "downloads").iterdir() if path.suffix == ".part"] == []
    for recorder, expected in ((second, 13 - 5), (third, 0)):
        with Loupe(url, api_key=API_KEY, transport=recorder) as loupe:
            assert len(read_archive(loupe, url, tmp_path / "downloads").pictures) == 13
        assert len(recorder.read) == expected


def test_what_was_replaced_or_deleted_since_is_left_out_and_named(url: str, azurite: Azurite, tmp_path: Path) -> None:
    with azurite.blobs() as service:
        service.get_blob_client(CONTAINER, NAMES[0]).upload_blob(encode(texture(99)), overwrite=True)
        service.get_blob_client(CONTAINER, NAMES[1]).delete_blob()
    with Loupe(url, api_key=API_KEY) as loupe:
        found = read_archive(loupe, url, tmp_path / "downloads", container=CONTAINER, prefix="line 3/")
    assert {one.name for one in found.pictures} == set(NAMES[2:])
    (note,) = found.notes
    first, *others = note.splitlines()
    assert first == "left out: pictures that storage has no more in the version that was reviewed:"
    # Azurite says of a blob that is gone that it has another version; the service says that it is gone.
    assert sorted(others) == [f"  '{name}': it has another version by now" for name in NAMES[:2]]


def test_what_reviewers_disagree_on_is_left_out_and_named(url: str, store: MemoryStore, tmp_path: Path) -> None:
    store.review(result(NAMES[0]).image.id, Review(label="dent", reviewer="Bob", reviewed_at=now()))
    for name, label in (("Bob", "scratch"), ("Cem", "dent")):
        store.review(result(NAMES[1]).image.id, Review(label=label, reviewer=name, reviewed_at=now()))
    with Loupe(url, api_key=API_KEY) as loupe:
        found = read_archive(loupe, url, tmp_path / "downloads", prefix="line 3/")
    assert {one.name: one.label for one in found.pictures if one.name in NAMES[:2]} == {NAMES[1]: "scratch"}
    (note,) = found.notes
    assert note == (
        "left out: reviewers disagree, and no label has more than half of them:\n"
        f"  '{NAMES[0]}': 'scratch' says Ada, 'dent' says Bob"
    )


def test_what_is_in_no_container_of_pictures_is_left_out_and_named(
    url: str, store: MemoryStore, tmp_path: Path
) -> None:
    store.write([result("a.png", container="other")])
    store.review(result("a.png", container="other").image.id, Review(label="x", reviewer="Ada", reviewed_at=NOON))
    with Loupe(url, api_key=API_KEY) as loupe:
        (note,) = read_archive(loupe, url, tmp_path / "downloads", container="other").notes
    assert note.endswith("\n  'a.png': only pictures in the container images have links")


def test_from_the_page_to_a_snapshot_and_on(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOUPE_KEY", API_KEY)
    assert main(["snapshot", url, str(tmp_path / "sets" / "one"), "--prefix", "line 3/"]) == 0
    snapshot = Snapshot.load(tmp_path / "sets" / "one", contents=True)
    assert {sample.path for sample in snapshot.samples} == set(NAMES)
    assert manifest_of(tmp_path / "sets" / "one").origin == f"{url}, reviewed"
    assert [path.name for path in (tmp_path / "sets").iterdir()] == ["one"]
    assert main(["convert", url, str(tmp_path / "coco"), "--to", "coco"]) == 0
    assert len(json.loads((tmp_path / "coco" / "labels.json").read_text())["images"]) == 13
    assert capsys.readouterr().out.endswith(f"13 pictures written to {tmp_path / 'coco'}\n")


def test_without_a_key_or_an_answer_nothing_is_made(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["snapshot", url, str(tmp_path / "one")]) == 1
    assert capsys.readouterr().err.startswith("datasets: 401: ")
    assert main(["snapshot", "http://127.0.0.1:1", str(tmp_path / "one")]) == 1
    assert capsys.readouterr().err.startswith("datasets: no whole answer came: ")
    assert not (tmp_path / "one").exists()
