"""Uploading folders: names, what is there already, and what fails, with real storage."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loupe_cli.uploading.plan import plan
from loupe_client import Loupe
from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.thumbnails import BlobThumbnails
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.result import Result
from tests.apps import archive
from tests.commands import loupe, said
from tests.factories import CONTAINER, deletion, result
from tests.unit.test_client import serving


@pytest.fixture
def store() -> MemoryStore:
    """An archive that a test tells what there is."""
    return MemoryStore()


@pytest.fixture
def url(azurite: Azurite, store: MemoryStore, unused_port: int) -> Iterator[str]:
    """An open API over the storage account."""
    settings = PictureSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=azurite.blob_endpoint)
    with connect(settings) as service:
        links = AzureLinks(settings, service)
        thumbnails = BlobThumbnails(settings, service, links)
        with closing(thumbnails), serving(archive(store, links=links, thumbnails=thumbnails), unused_port) as url:
            yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures, and what is none."""
    folder = tmp_path / "my holiday"
    (folder / "day 1").mkdir(parents=True)
    for name in ("a.jpg", "b.PNG", "day 1/ü.webp", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def known(blob: str, etag: str, length: int) -> Result:
    """What the archive has of an upload."""
    made = result(blob)
    return made.model_copy(update={"image": made.image.model_copy(update={"etag": etag, "content_length": length})})


def test_names(folder: Path) -> None:
    names = ["a.jpg", "b.PNG", "day 1/ü.webp"]
    assert list(plan([folder], None).pictures) == [f"my holiday/{name}" for name in names]
    for prefix in ("line 3", "/line 3/"):
        assert list(plan([folder, folder / "notes.txt"], prefix).pictures) == [
            *(f"line 3/{name}" for name in names),
            "line 3/notes.txt",
        ]
    assert list(plan([folder], "").pictures) == names
    assert list(plan([folder / "a.jpg"], None).pictures) == ["a.jpg"]


def test_names_that_cannot_be(folder: Path) -> None:
    made = plan([folder, folder / "a.jpg"], "")
    assert made.refused == [f"{folder / 'a.jpg'} is not uploaded: {folder / 'a.jpg'} gets the same name, a.jpg"]
    (folder / "\x01.jpg").touch()
    assert plan([folder], None).refused[0].endswith("the name has control characters")
    assert len(plan([folder], "a/../b").refused) == 4


def test_what_is_there_is_left_alone(url: str, folder: Path, store: MemoryStore) -> None:
    with Loupe(url) as client:
        uploads = client.upload({f"my holiday/{name}": folder / name for name in ("a.jpg", "b.PNG")})
    store.write([known(one.blob, one.etag, 5) for one in uploads])
    done = loupe("upload", str(folder), url=url)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "loupe: 1 picture uploaded, 2 there already\n"
    (folder / "b.PNG").write_bytes(b"other")  # as long as before
    assert loupe("upload", str(folder), url=url).stderr == "loupe: 2 pictures uploaded, 1 there already\n"
    assert loupe("upload", str(folder), "--again", "-j", "1", url=url).stderr == "loupe: 3 pictures uploaded\n"
    store.write([deletion("my holiday/a.jpg")])
    assert (
        loupe("upload", str(folder / "a.jpg"), "--prefix", "my holiday", url=url).stderr
        == "loupe: 1 picture uploaded\n"
    )


def test_answers_to_what_is_there_already(url: str, folder: Path, store: MemoryStore) -> None:
    with Loupe(url) as client:
        (upload,) = client.upload({"a.jpg": folder / "a.jpg"})
    store.write([known("a.jpg", upload.etag, 5)])
    done = loupe("upload", str(folder / "a.jpg"), "--wait", url=url)
    assert (done.exit_code, done.stdout.split()[2:]) == (0, ["a.jpg", "cat", "50.0", "%"])


def test_an_answer_that_does_not_come(url: str, folder: Path) -> None:
    done = loupe("upload", str(folder), "--wait", "--patience", "1", url=url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("loupe: 3 pictures uploaded, 3 without an answer: `loupe trace IMAGE`")


def test_one_bad_file_costs_the_others_nothing(url: str, folder: Path) -> None:
    (folder / "\x01.jpg").touch()
    (folder / "c.jpg").write_bytes(b"c")
    (folder / "a.jpg").unlink()
    (folder / "a.jpg").mkdir()  # no file, and no picture
    made = plan([folder], None)
    assert len(made.pictures) == 3
    done = loupe("upload", str(folder), url=url)
    assert done.exit_code == 1
    assert done.stderr.endswith("loupe: 3 pictures uploaded, 1 failed\n")
    with Loupe(url) as client:
        assert client.content(CONTAINER, "my holiday/c.jpg") == b"c"


def test_a_file_that_goes_away_meanwhile(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "a.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    done = loupe("upload", str(folder), url=url)
    first, last = done.stderr.splitlines()
    assert done.exit_code == 1
    assert first.startswith("loupe: my holiday/a.jpg could not be uploaded: [Errno 13] Permission denied")
    assert last == "loupe: 2 pictures uploaded, 1 failed"


def test_a_folder_without_pictures(url: str, tmp_path: Path) -> None:
    assert "there are no pictures" in said(1, "upload", str(tmp_path), url=url)
