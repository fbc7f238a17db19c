"""Reading images from Azure Blob Storage."""

from collections.abc import Sequence
from concurrent.futures import Future
from urllib.parse import quote

from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.domain import ImageRef, Reason
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable

# 400: the address is not a blob's; 409: archived, or not a type that can be read.
_ABOUT_THE_BLOB = (400, 409)


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
        match response.status:
            case 200 if response.length > max_bytes:
                raise ImageRejected(Reason.TOO_LARGE, f"{response.length} bytes exceed the limit of {max_bytes}")
            case 200:
                return response.body
            case 404:
                raise BlobGone(f"{name} does not exist")
            case 412:
                # Azurite answers so, too, when there is no blob; the service answers 404.
                if (await self._http.request("HEAD", address)).status == 404:  # noqa: PLR2004  (Not Found)
                    raise BlobGone(f"{name} does not exist")
                raise BlobReplaced(f"{name} is not version {image.etag} any more")
            case status if status in _ABOUT_THE_BLOB:
                raise ImageRejected(Reason.UNREADABLE, f"storage refuses to give the blob: {response.error_code}")
        raise StorageUnavailable(f"{name}: storage answered {response.status} {response.error_code}")
