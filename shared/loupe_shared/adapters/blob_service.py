"""Blob storage through its SDK: how it is reached, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient, LinearRetry

from loupe_shared.domain import Reason
from loupe_shared.errors import BlobGone, ImageRejected, LoupeError, StorageUnavailable
from loupe_shared.settings import StorageSettings

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
RETRIES = 2

# Storage's reasons not to give a blob that lie in the blob itself. All others may pass, or are for an operator to mend.
_ABOUT_THE_BLOB = ("BlobArchived", "BlobBeingRehydrated", "InvalidResourceName", "InvalidUri")


def connect(settings: StorageSettings) -> BlobServiceClient:
    """A client of the storage account, as the identity that the process runs as or with the key of an emulator."""
    key = settings.storage_key
    return BlobServiceClient(
        settings.blob_endpoint,
        {"account_name": settings.storage_account, "account_key": key.get_secret_value()}
        if key
        else DefaultAzureCredential(),
        connection_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retry_policy=LinearRetry(backoff=1, retry_total=RETRIES, random_jitter_range=0),
    )


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Turn the SDK's errors about a blob into Loupe's."""
    try:
        yield
    except AzureError as error:
        raise _meaning(error, name) from error


def _meaning(error: AzureError, name: str) -> LoupeError:
    if not isinstance(error, HttpResponseError) or error.response is None:
        return StorageUnavailable(f"{name}: storage does not answer: {error.message}")
    code = str(getattr(error, "error_code", None) or error.reason)
    if code == "BlobNotFound":  # a 404 that names the container says nothing about the blob
        return BlobGone(f"{name} does not exist")
    if code in _ABOUT_THE_BLOB:
        return ImageRejected(Reason.UNREADABLE, f"storage refuses to give the blob: {code}")
    return StorageUnavailable(f"{name}: storage answered {error.status_code} {code}")
