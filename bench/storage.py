"""The storage account that a pipeline reads from: the emulator, or a file server for the blobs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Protocol, Self

import httpx2
from azure.storage.blob import BlobServiceClient, ContentSettings

from bench.events import Blob
from bench.file_server import TYPES, content, etag, version
from bench.places import PYTHON
from loupe_local.azurite import ACCOUNT, CONTAINER, Azurite, StoragePorts
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens

CONCURRENT_UPLOADS = 8


class Storage(Protocol):
    """A running storage account.

    Attributes:
        azurite: has at least the queues.
        blob_endpoint: URL of the Blob service.
        children: its processes, by name.
    """

    azurite: Azurite
    blob_endpoint: str
    children: dict[str, Child]

    def put(self, pictures: Sequence[Path], folder: str) -> list[Blob]:
        """Have a blob of each picture in a folder, with the bytes that ``file_server.content`` says."""


class EmulatedStorage:
    """``Storage`` that is Azurite. A context: on leaving it, it has ended."""

    def __init__(self, state: Path) -> None:
        self.azurite = Azurite(
            state / "azurite", state / "logs" / "azurite.log", StoragePorts(free_port(), free_port())
        )
        self.blob_endpoint = self.azurite.blob_endpoint
        self.children = {"Azurite": self.azurite.child}

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        for child in self.children.values():
            child.stop()

    def put(self, pictures: Sequence[Path], folder: str) -> list[Blob]:
        """See ``Storage.put``."""
        with self.azurite.blobs() as service, ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
            return list(pool.map(lambda picture: _upload(service, picture, folder), pictures))


class ServedStorage(EmulatedStorage):
    """``Storage`` whose blobs are on the file server: the pictures of one folder, under any folder's name.

    Args:
        state: folder for data and logs.
        pictures: folder of the pictures.
        copies: folders that a listing shows.
    """

    def __init__(self, state: Path, pictures: Path, copies: int = 0) -> None:
        super().__init__(state)
        port = free_port()
        command = [str(PYTHON), "-m", "bench.file_server", str(port), str(pictures), str(copies)]
        server = Child("the file server", command, state / "logs" / "file_server.log")
        self.children["file server"] = server
        server.wait_until(lambda: listens(port))
        self.blob_endpoint = f"http://{LOOPBACK}:{port}/{ACCOUNT}"
        self._reads = f"http://{LOOPBACK}:{port}/reads"

    def put(self, pictures: Sequence[Path], folder: str) -> list[Blob]:
        """See ``Storage.put``."""
        return [_served(picture, folder) for picture in pictures]

    def reads(self) -> int:
        """How many blobs were read."""
        return int(httpx2.get(self._reads).raise_for_status().text)


def _served(picture: Path, folder: str) -> Blob:
    size = picture.stat().st_size + len(content(b"", folder))
    return Blob(f"{folder}/{picture.name}", etag(_version(picture), folder), size, TYPES[picture.suffix])


@cache
def _version(picture: Path) -> str:
    return version(picture.read_bytes())


def _upload(service: BlobServiceClient, picture: Path, folder: str) -> Blob:
    data, content_type = content(picture.read_bytes(), folder), TYPES[picture.suffix]
    name = f"{folder}/{picture.name}"
    settings = ContentSettings(content_type=content_type)
    written = service.get_blob_client(CONTAINER, name).upload_blob(data, content_settings=settings, overwrite=True)
    return Blob(name, written["etag"].strip('"'), len(data), content_type)
