"""Reading images from Azure Blob Storage through its SDK."""

import requests
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobClient, BlobServiceClient
from requests.adapters import HTTPAdapter

from loupe_shared.adapters.azure import error_code, storage_credential
from loupe_shared.domain import ImageRef, Reason
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable
from loupe_shared.settings import StorageSettings

# 400: the address is not a blob's; 409: archived, or not a type that can be read. All else may pass.
_ABOUT_THE_BLOB = (400, 409)


class AzureBlobReader:
    """``BlobReader`` over one pool of connections.

    Args:
        settings: the storage account.
        connections: how many reads are in flight at most.
        timeout_s: seconds without a byte after which a read fails.
    """

    def __init__(self, settings: StorageSettings, connections: int, timeout_s: float) -> None:
        session = requests.Session()
        pool = HTTPAdapter(pool_maxsize=connections)
        session.mount("https://", pool)
        session.mount("http://", pool)
        self._service = BlobServiceClient(
            settings.blob_endpoint,
            storage_credential(settings),
            transport=RequestsTransport(session=session, session_owner=False),
            connection_timeout=5,
            read_timeout=timeout_s,
            retry_total=2,
            initial_backoff=1,  # the SDK's default of 15 s is for bulk copies, not for a worker with a queue
            increment_base=2,
        )

    def read(self, image: ImageRef, max_bytes: int) -> bytes:
        """See ``BlobReader.read``."""
        blob = self._service.get_blob_client(image.container, image.blob)
        name = f"{image.container}/{image.blob}"
        try:
            return self._read(blob, image.etag, max_bytes)
        except ResourceNotFoundError as error:
            raise BlobGone(f"{name} does not exist") from error
        except ResourceModifiedError as error:
            raise BlobReplaced(f"{name} is not version {image.etag} any more") from error
        except HttpResponseError as error:
            if error.status_code in _ABOUT_THE_BLOB:
                raise ImageRejected(
                    Reason.UNREADABLE, f"storage refuses to give the blob: {error_code(error)}"
                ) from error
            raise StorageUnavailable(f"{name}: storage answered {error.status_code}") from error
        except AzureError as error:
            raise StorageUnavailable(f"{name} cannot be read: {error}") from error

    def _read(self, blob: BlobClient, etag: str, max_bytes: int) -> bytes:
        try:
            stream = blob.download_blob(etag=f'"{etag}"', match_condition=MatchConditions.IfNotModified)
        except ResourceModifiedError:
            blob.get_blob_properties()  # raises if there is no blob: Azurite then answers 412 to the condition
            raise
        if stream.size > max_bytes:
            raise ImageRejected(Reason.TOO_LARGE, f"{stream.size} bytes exceed the limit of {max_bytes}")
        return stream.readall()
