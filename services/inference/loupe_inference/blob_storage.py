"""Reading images from Azure Blob Storage."""

from collections.abc import Sequence
from concurrent.futures import Future
from http import HTTPStatus
from urllib.parse import quote

from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.domain import ImageRef, Reason
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable

# Storage's reasons not to give a blob that lie in the blob itself. All others may pass, or are for an operator to mend.
_ABOUT_THE_BLOB = ("BlobArchived", "BlobBeingRehydrated", "InvalidResourceName", "InvalidUri")


class AzureBlobReader:
    """``BlobReader`` over Get Blob of the REST API, conditional on the version.

    Args:
        endpoint: URL of the Blob service.
        http: how to reach it.
    """

    def __init__(self, endpoint: str, http: StorageHttp) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._http = http

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:
        """See ``BlobReader.read``."""
        return [self._http.submit(self._read(image, max_bytes)) for image in images]

    async def _read(self, image: ImageRef, max_bytes: int) -> bytes:
        address = f"{self._endpoint}/{image.container}/{quote(image.blob)}"
        response = await self._http.request("GET", address, {"If-Match": f'"{image.etag}"'}, max_bytes)
        name = f"{image.container}/{image.blob}"
        match response.status, response.error_code:
            case 200, _ if response.length > max_bytes:
                raise ImageRejected(Reason.TOO_LARGE, f"{response.length} bytes exceed the limit of {max_bytes}")
            case 200, _:
                return response.body
            case 404, "BlobNotFound":
                raise BlobGone(f"{name} does not exist")
            case 412, _:
                # Azurite answers so, too, when there is no blob; the service answers 404.
                if (await self._http.request("HEAD", address)).status == HTTPStatus.NOT_FOUND:
                    raise BlobGone(f"{name} does not exist")
                raise BlobReplaced(f"{name} is not version {image.etag} any more")
            case _, code if code in _ABOUT_THE_BLOB:
                raise ImageRejected(Reason.UNREADABLE, f"storage refuses to give the blob: {code}")
        raise StorageUnavailable(f"{name}: storage answered {response.status} {response.error_code}")
