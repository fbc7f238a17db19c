"""Pictures on their way to storage, by links that the API gives."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from loupe_client.addresses import chunks
from loupe_client.connection import Connection
from loupe_client.errors import ApiError, UploadFailed
from loupe_shared.api.pictures import Upload, UploadsGiven

CONCURRENT = 8

# Storage says later that a blob is of this type.
TYPES = {
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
UNKNOWN = "application/octet-stream"

Picture = bytes | str | os.PathLike[str]


@dataclass(frozen=True)
class Uploaded:
    """A picture that is in storage.

    Attributes:
        etag: of this version, as its result will have it.
    """

    container: str
    blob: str
    etag: str


def bytes_of(picture: Picture) -> bytes:
    """The bytes of a picture, or of the file of this name."""
    return picture if isinstance(picture, bytes) else Path(picture).read_bytes()


def uploaded(
    links: Callable[[list[str]], UploadsGiven],
    storage: Connection,
    pictures: Mapping[str, Picture],
    concurrent: int,
) -> Iterator[Uploaded | UploadFailed]:
    """Pictures as they reach storage, or why one does not, in the order of their names here.

    Args:
        links: gives links for blobs.
        storage: where they lead. It must not be told who calls.
        pictures: by the names that the blobs get.
        concurrent: how many are on their way at once.
    """
    with ThreadPoolExecutor(concurrent) as pool:
        for blobs in chunks(pictures):
            given = links(blobs)

            def put(link: Upload, given: UploadsGiven = given) -> Uploaded | UploadFailed:
                return _put(storage, given, link, pictures[link.blob])

            yield from pool.map(put, given.uploads)


def _put(storage: Connection, given: UploadsGiven, link: Upload, picture: Picture) -> Uploaded | UploadFailed:
    type_ = TYPES.get(PurePosixPath(link.blob).suffix.lower(), UNKNOWN)
    headers = {**given.headers, "Content-Type": type_}
    try:
        with storage.open(storage.request("PUT", link.url, content=bytes_of(picture), headers=headers)) as response:
            return Uploaded(given.container, link.blob, response.headers.get("ETag", "").strip('"'))
    except (ApiError, OSError) as error:
        failed = UploadFailed(link.blob, error)
        failed.__cause__ = error
        return failed
