"""The event queue on Azure Queue Storage: Get, Delete and Put Message of its REST API.

https://learn.microsoft.com/rest/api/storageservices/operations-on-messages
"""

import asyncio
import json
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from loupe_ingestion.ports import PAGE, QueuedMessage
from loupe_shared.adapters.storage_http import Response, StorageHttp, message_count
from loupe_shared.errors import StorageUnavailable

MAX_PAGE_BYTES = 16_000_000  # more than a page of the longest messages, in which every character is escaped
MAX_POISON_BYTES = 60_000  # of 64 KiB

# The receipt is not valid any more: the message timed out and was taken, or removed, by someone else. The service
# answers with the first; Azurite, and the service if someone has the message now, with the second.
_NOT_OURS = ("MessageNotFound", "PopReceiptMismatch")


class AzureEventQueue:
    """``EventQueue`` over two storage queues, which must exist: ``name`` and ``name-poison``.

    Args:
        http: how to reach storage.
        endpoint: URL of the Queue service.
        name: of the queue.
        hidden_s: seconds after which a message that was taken but not removed can be taken again.
    """

    def __init__(self, http: StorageHttp, endpoint: str, name: str, hidden_s: int) -> None:
        self._http = http
        self._queue = f"{endpoint.rstrip('/')}/{name}"
        self._hidden_s = hidden_s

    def receive(self, limit: int) -> list[QueuedMessage]:
        """See ``EventQueue.receive``. What exceeds a page is asked for in several requests at once."""
        return self._http.submit(self._receive(limit)).result()

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """See ``EventQueue.remove``. Each takes a request; all are sent at once."""
        self._http.submit(self._remove(messages)).result()

    def poison(self, content: str, reason: str) -> None:
        """See ``EventQueue.poison``. What is too long for a message is cut, and says so."""
        self._http.submit(self._poison(_poison_message(content, reason))).result()

    def count(self) -> int:
        """See ``EventQueue.count``."""
        return message_count(self._http.submit(self._metadata()).result())

    def check(self) -> None:
        """See ``EventQueue.check``."""
        self._http.submit(self._metadata()).result()

    async def _receive(self, limit: int) -> list[QueuedMessage]:
        sizes = [min(PAGE, limit - start) for start in range(0, limit, PAGE)]
        pages = await asyncio.gather(*(self._receive_page(size) for size in sizes))
        return [message for page in pages for message in page]

    async def _receive_page(self, size: int) -> list[QueuedMessage]:
        address = f"{self._queue}/messages?numofmessages={size}&visibilitytimeout={self._hidden_s}"
        response = await self._http.request("GET", address, max_bytes=MAX_PAGE_BYTES)
        _require(response, HTTPStatus.OK, "the event queue")
        return read_page(response.body)

    async def _remove(self, messages: Sequence[QueuedMessage]) -> None:
        await asyncio.gather(*map(self._remove_one, messages))

    async def _remove_one(self, message: QueuedMessage) -> None:
        address = f"{self._queue}/messages/{message.id}?popreceipt={quote(message.receipt, safe='')}"
        response = await self._http.request("DELETE", address)
        if response.error_code not in _NOT_OURS:
            _require(response, HTTPStatus.NO_CONTENT, "the event queue")

    async def _poison(self, message: str) -> None:
        address = f"{self._queue}-poison/messages?messagettl=-1"  # it never expires
        body = f"<QueueMessage><MessageText>{escape(message)}</MessageText></QueueMessage>".encode()
        response = await self._http.request("POST", address, {"Content-Type": "application/xml"}, body=body)
        _require(response, HTTPStatus.CREATED, "the poison queue")

    async def _metadata(self) -> Response:
        response = await self._http.request("GET", f"{self._queue}?comp=metadata")
        _require(response, HTTPStatus.OK, "the event queue")
        return response


def read_page(body: bytes) -> list[QueuedMessage]:
    """The messages in an answer to Get Messages.

    Raises:
        StorageUnavailable: it is no such answer.
    """
    try:
        return [
            QueuedMessage(
                id=message.findtext("MessageId", ""),
                receipt=message.findtext("PopReceipt", ""),
                content=message.findtext("MessageText", ""),
                deliveries=int(message.findtext("DequeueCount", "")),
            )
            for message in ET.fromstring(body)  # noqa: S314  (the storage service's own)
        ]
    except (ET.ParseError, ValueError) as error:
        raise StorageUnavailable(f"the event queue gave something else than messages: {error}") from error


def _require(response: Response, status: HTTPStatus, what: str) -> None:
    if response.status != status:
        raise StorageUnavailable(f"{what} answered {response.status} {response.error_code}")


def _poison_message(content: str, reason: str) -> str:
    kept = content
    while True:
        document = {"reason": reason[:1000], "content": kept, "cut": len(content) - len(kept)}
        message = json.dumps(document)
        if len(message) <= MAX_POISON_BYTES:
            return message
        kept = kept[: len(kept) * MAX_POISON_BYTES // (len(message) + 1)]
