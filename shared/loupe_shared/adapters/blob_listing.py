"""The blobs of a container in Azure Blob Storage."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode

from loupe_shared.adapters.listing_xml import count_page, read_page
from loupe_shared.adapters.storage_http import Response, StorageHttp
from loupe_shared.container import CountedPage, Listed, ListedPage, MarkerRefused, NameRefused
from loupe_shared.errors import StorageUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

PAGE = 5000  # the most that storage gives at once
MAX_PAGE_BYTES = 64 * 1024 * 1024

# Reasons for a 400 that lie in what was asked for. One without a reason comes from something before storage.
_ABOUT_THE_NAME = ("InvalidInput", "InvalidQueryParameterValue", "InvalidResourceName", "InvalidUri", "OutOfRangeInput")


class AzureListing:
    """``Listing`` over List Blobs and Get Blob Properties of the REST API.

    Args:
        endpoint: URL of the Blob service.
        container: to list.
        http: how to reach it.
        page_size: of blobs in a page.
    """

    def __init__(self, endpoint: str, container: str, http: StorageHttp, page_size: int = PAGE) -> None:
        self._container = container
        self._address = f"{endpoint.rstrip('/')}/{container}"
        self._http = http
        self._page_size = page_size

    def page(self, prefix: str, marker: str) -> Future[ListedPage]:
        """See ``Listing.page``."""
        return self._http.submit(self._page(prefix, marker, read_page))

    def count(self, prefix: str, marker: str) -> Future[CountedPage]:
        """See ``Listing.count``."""
        return self._http.submit(self._page(prefix, marker, count_page))

    def look(self, names: Sequence[str]) -> list[Future[Listed | None]]:
        """See ``Listing.look``."""
        return [self._http.submit(self._look(name)) for name in names]

    async def _page(self, prefix: str, marker: str, read: Callable[[bytes], T]) -> T:
        query = {"restype": "container", "comp": "list", "maxresults": str(self._page_size)}
        query |= {name: value for name, value in (("prefix", prefix), ("marker", marker)) if value}
        address = f"{self._address}?{urlencode(query, quote_via=quote)}"
        response = await self._http.request("GET", address, {"Accept-Encoding": "identity"}, MAX_PAGE_BYTES)
        if response.status == HTTPStatus.OK:
            try:
                return read(response.body)
            except ValueError as error:
                raise StorageUnavailable(
                    f"a page of the container {self._container} cannot be read: {error}"
                ) from error
        if response.status == HTTPStatus.BAD_REQUEST and marker:
            raise MarkerRefused(f"storage does not go on from its marker: {response.error_code}")
        if response.status == HTTPStatus.BAD_REQUEST and response.error_code in _ABOUT_THE_NAME and prefix:
            raise NameRefused(f"names that begin with {prefix!r} cannot be listed: {_answer(response)}")
        raise self._failure(response, "cannot be listed")

    async def _look(self, name: str) -> Listed | None:
        response = await self._http.request("HEAD", f"{self._address}/{quote(name)}")
        match response.status, response.error_code:
            case 200, _:
                headers = response.headers
                etag, modified = headers["etag"].strip('"'), headers["last-modified"]
                return Listed(name, etag, modified, response.length, headers.get("content-type", ""))
            case 404, "BlobNotFound":
                return None
            case 400, code if code in _ABOUT_THE_NAME:
                log.warning("taken for missing: %r is no name of a blob: %s", name, _answer(response))
                return None
        raise self._failure(response, f"does not let {name} be looked at")

    def _failure(self, response: Response, what: str) -> StorageUnavailable:
        if response.error_code == "ContainerNotFound":
            return StorageUnavailable(f"the container {self._container} does not exist")
        return StorageUnavailable(f"the container {self._container} {what}: {_answer(response)}")


def _answer(response: Response) -> str:
    return f"storage answered {response.status} {response.error_code}".rstrip()
