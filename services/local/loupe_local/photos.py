"""The pictures to classify: finding them, and uploading them as anyone would, through the Azure SDK."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.blob import BlobServiceClient, ContentSettings

from loupe_client.uploads import TYPES
from loupe_local.azurite import CONTAINER
from loupe_shared.errors import ConfigurationError, StorageUnavailable

CONCURRENT_UPLOADS = 8


@dataclass(frozen=True)
class Upload:
    """A picture that is in the container. ``etag`` is bare."""

    blob: str
    etag: str


def find_photos(folder: Path) -> list[Path]:
    """The pictures in a folder and its subfolders, by their suffixes.

    Raises:
        ConfigurationError: there are none.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"IMAGES must name a folder, and {folder} is none")
    photos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in TYPES and path.is_file())
    if not photos:
        raise ConfigurationError(f"{folder} holds no pictures: looked for {', '.join(sorted(TYPES))}")
    return photos


def upload_photos(service: BlobServiceClient, folder: Path, photos: list[Path]) -> Iterator[Upload]:
    """Upload pictures under the folder's name, but leave alone what is in the container already.

    Raises:
        ConfigurationError: a picture cannot be read.
        StorageUnavailable: the storage did not take one.
    """
    with ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
        prefix = folder.resolve().name
        yield from pool.map(
            lambda photo: _upload(service, f"{prefix}/{photo.relative_to(folder).as_posix()}", photo), photos
        )


def _upload(service: BlobServiceClient, name: str, photo: Path) -> Upload:
    blob = service.get_blob_client(CONTAINER, name)
    try:
        data = photo.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{photo} cannot be read: {error.strerror}") from error
    settings = ContentSettings(content_type=TYPES[photo.suffix.lower()])
    try:
        try:
            written = blob.upload_blob(data, content_settings=settings)
        except ResourceExistsError:
            known = blob.get_blob_properties()
            if bytes(known.content_settings.content_md5 or b"") == hashlib.md5(data, usedforsecurity=False).digest():
                return Upload(name, known.etag.strip('"'))
            written = blob.upload_blob(data, content_settings=settings, overwrite=True)
    except AzureError as error:
        raise StorageUnavailable(f"{photo} could not be uploaded: {error}") from error
    return Upload(name, written["etag"].strip('"'))
