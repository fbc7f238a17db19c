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
    links: Callable[[list[str]], UploadsGiven], storage: Connection, pictures: Mapping[str, Picture]
) -> Iterator[Uploaded]:
    """Pictures as they reach storage, in the order of their names here.

    Args:
        links: gives links for blobs.
        storage: where they lead. It must not be told who calls.
        pictures: by the names that the blobs get.
    """
    with ThreadPoolExecutor(CONCURRENT) as pool:
        for blobs in chunks(pictures):
            given = links(blobs)

            def put(link: Upload, given: UploadsGiven = given) -> Uploaded:
                return _put(storage, given, link, bytes_of(pictures[link.blob]))

            yield from pool.map(put, given.uploads)


def _put(storage: Connection, given: UploadsGiven, link: Upload, content: bytes) -> Uploaded:
    type_ = TYPES.get(PurePosixPath(link.blob).suffix.lower(), UNKNOWN)
    request = storage.request("PUT", link.url, content=content, headers={**given.headers, "Content-Type": type_})
    try:
        with storage.open(request) as response:
            return Uploaded(given.container, link.blob, response.headers.get("ETag", "").strip('"'))
    except ApiError as error:
        raise UploadFailed(link.blob, error) from error
