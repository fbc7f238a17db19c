"""Requests to Azure Storage without its SDK, because two of them happen for every image.

Reading a blob and removing a message cost the SDK 2 to 3 ms of CPU each, and this a tenth of that.

All requests of a process run on one event loop in a thread of its own, over one pool of connections.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from azure.core.exceptions import AzureError
from yarl import URL

from loupe_shared.adapters.azure import StorageAccess
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings

# The version of the REST API whose answers are understood here.
API_VERSION = "2024-11-04"
CONNECT_TIMEOUT_S = 5.0
ATTEMPTS = 3
BACKOFF_S = 1.0
RENEWAL_PAUSE_S = 5.0  # after signing in has failed; until then requests fail at once
_WITH_BODY = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
_MAY_PASS = (408, 429, 500, 502, 503, 504)

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Response:
    """An answer.

    Attributes:
        length: of the body as announced, in bytes.
        body: read if it was not longer than allowed and the status is 200 or 206; else empty.
        error_code: the service's name of an error, such as ``BlobNotFound``.
        headers: all of them; upper and lower case in their names are the same.
    """

    status: int
    length: int
    body: bytes
    error_code: str
    headers: Mapping[str, str] = field(default_factory=dict)


def message_count(metadata: Response) -> int:
    """How many messages a queue has, roughly, by an answer to Get Queue Metadata.

    Raises:
        StorageUnavailable: it does not say.
    """
    try:
        return int(metadata.headers["x-ms-approximate-messages-count"])
    except (LookupError, ValueError) as error:
        raise StorageUnavailable("storage did not say how many messages a queue has") from error


class StorageHttp:
    """A client. Safe for use from several threads.

    Args:
        settings: the storage account.
        connections: how many requests are in flight at most.
        timeout_s: seconds without a byte after which a request fails.
        writes: whether blobs will be written or removed.
    """

    def __init__(self, settings: StorageSettings, connections: int, timeout_s: float, *, writes: bool = False) -> None:
        self._access = StorageAccess(settings, writes=writes)
        self._renewing = asyncio.Lock()
        self._renew_after = 0.0
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=timeout_s)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="storage", daemon=True)
        self._thread.start()
        self._session = self.submit(self._open()).result()

    def submit(self, request: Coroutine[Any, Any, T]) -> Future[T]:
        """Run on the event loop."""
        return asyncio.run_coroutine_threadsafe(request, self._loop)

    def close(self) -> None:
        """Give back connections."""
        self.submit(self._session.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def request(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 0,
        body: bytes | None = None,
    ) -> Response:
        """Send a request, also again if that may help. ``address`` is encoded and may have a query.

        Raises:
            StorageUnavailable: no answer came, or one that says to try later, in all attempts.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(BACKOFF_S * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))  # noqa: S311
            try:
                response = await self._send(method, address, headers or {}, max_bytes, body)
            except (aiohttp.ClientError, TimeoutError) as error:
                failure = f"does not answer: {error or type(error).__name__}"
            else:
                if response.status not in _MAY_PASS:
                    return response
                failure = f"answered {response.status} {response.error_code}"
        raise StorageUnavailable(f"storage {failure}")

    async def _send(
        self, method: str, address: str, headers: Mapping[str, str], max_bytes: int, body: bytes | None
    ) -> Response:
        await self._authorize()
        query = self._access.query
        url = address + ("&" if "?" in address else "?") + query if query else address
        sent = {"x-ms-version": API_VERSION, **self._access.headers, **headers}
        async with self._session.request(method, URL(url, encoded=True), headers=sent, data=body) as response:
            length = response.content_length or 0
            wanted = response.status in _WITH_BODY and length <= max_bytes
            content = await response.read() if wanted else b""
            if not wanted and length > max_bytes:
                response.close()  # rather than to read on in order to use the connection again
            headers = response.headers
            return Response(response.status, length, content, headers.get("x-ms-error-code", ""), headers)

    async def _authorize(self) -> None:
        if self._access.is_fresh():
            return None
        async with self._renewing:
            if self._access.is_fresh() or time.monotonic() < self._renew_after:
                return self._access.require()
            try:
                await asyncio.to_thread(self._access.renew)
            except AzureError as error:
                log.warning("signing in to storage failed: %s", error)
                self._renew_after = time.monotonic() + RENEWAL_PAUSE_S
            return self._access.require()

    async def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=self._connections)
        return aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
