"""The blob reader on real blob storage."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.storage.blob import BlobClient, StandardBlobTier

from loupe_inference.blob_storage import AzureBlobReader
from loupe_local.azurite import ACCOUNT, KEY, Azurite
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.domain import ImageRef, Reason
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable
from loupe_shared.settings import StorageSettings
from tests.factories import image_ref

LIMIT = 1000


@pytest.fixture
def blob(azurite: Azurite) -> Iterator[BlobClient]:
    """A place for a blob, with a name that needs care."""
    with azurite.blobs() as service:
        yield service.get_blob_client("images", f"line 3/ü#?&%/{uuid.uuid4().hex}.jpg")


@contextmanager
def reading(settings: StorageSettings) -> Iterator[AzureBlobReader]:
    """The adapter with these settings."""
    http = StorageHttp(settings, 4, 5)
    yield AzureBlobReader(settings.blob_endpoint, http)
    http.close()


@pytest.fixture
def reader(storage_settings: StorageSettings) -> Iterator[AzureBlobReader]:
    """The adapter."""
    with reading(storage_settings) as reader:
        yield reader


def read(reader: AzureBlobReader, image: ImageRef) -> bytes:
    """Read one blob."""
    (future,) = reader.read([image], LIMIT)
    return future.result()


def upload(blob: BlobClient, data: bytes) -> ImageRef:
    """Write a version of the blob."""
    etag = blob.upload_blob(data, overwrite=True)["etag"].strip('"')
    return image_ref(blob.blob_name, etag=etag)


def test_bytes_of_the_version(reader: AzureBlobReader, blob: BlobClient) -> None:
    assert read(reader, upload(blob, b"bytes")) == b"bytes"


def test_no_bytes(reader: AzureBlobReader, blob: BlobClient) -> None:
    assert read(reader, upload(blob, b"")) == b""


def test_gone(reader: AzureBlobReader, blob: BlobClient) -> None:
    image = upload(blob, b"bytes")
    blob.delete_blob()
    with pytest.raises(BlobGone):
        read(reader, image)


def test_replaced(reader: AzureBlobReader, blob: BlobClient) -> None:
    image = upload(blob, b"bytes")
    upload(blob, b"other bytes")
    with pytest.raises(BlobReplaced):
        read(reader, image)


def test_too_large(reader: AzureBlobReader, blob: BlobClient) -> None:
    with pytest.raises(ImageRejected) as caught:
        read(reader, upload(blob, b"x" * (LIMIT + 1)))
    assert caught.value.reason is Reason.TOO_LARGE


def test_archived(reader: AzureBlobReader, blob: BlobClient) -> None:
    image = upload(blob, b"bytes")
    blob.set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    with pytest.raises(ImageRejected, match="BlobArchived") as caught:
        read(reader, image)
    assert caught.value.reason is Reason.UNREADABLE


def test_a_wrong_key(azurite: Azurite, blob: BlobClient) -> None:
    image = upload(blob, b"bytes")
    wrong = StorageSettings(storage_account=ACCOUNT, storage_key="d3Jvbmc=", blob_endpoint=azurite.blob_endpoint)
    with reading(wrong) as reader, pytest.raises(StorageUnavailable, match="403"):
        read(reader, image)


def test_storage_that_is_away(unused_port: int) -> None:
    away = StorageSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=f"http://127.0.0.1:{unused_port}/a")
    with reading(away) as reader, pytest.raises(StorageUnavailable, match="does not answer"):
        read(reader, image_ref())


def test_many_at_once_in_their_order(reader: AzureBlobReader, azurite: Azurite) -> None:
    with azurite.blobs() as service:
        blobs = [service.get_blob_client("images", f"many/{number}") for number in range(40)]
        images = [upload(blob, blob.blob_name.encode()) for blob in blobs]
    reads = reader.read(images, LIMIT)
    assert [future.result() for future in reads] == [image.blob.encode() for image in images]
