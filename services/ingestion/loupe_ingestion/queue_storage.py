"""The event queue on Azure Queue Storage. Messages are removed one request each, so that goes without the SDK.

The SDK's decoding policies are not used: with them one malformed message makes a whole receive call fail.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient

from loupe_ingestion.ports import QueuedMessage
from loupe_shared.adapters.azure import error_code, storage_credential
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings

MAX_POISON_BYTES = 60_000  # of 64 KiB

# The receipt is not valid any more: the message timed out and was taken, or removed, by someone else. The service
# answers with the first; Azurite, and the service if someone has the message now, with the second.
_NOT_OURS = ("MessageNotFound", "PopReceiptMismatch")


class AzureEventQueue:
    """``EventQueue`` over two storage queues, which must exist: ``name`` and ``name-poison``.

    Args:
        settings: the storage account.
        endpoint: URL of its Queue service.
        name: of the queue.
        hidden_s: seconds after which a message that was taken but not removed can be taken again.
        http: how to reach the Queue service without the SDK.
    """

    def __init__(self, settings: StorageSettings, endpoint: str, name: str, hidden_s: int, http: StorageHttp) -> None:
        credential = storage_credential(settings)
        options: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "retry_total": 2, "read_timeout": 20}
        self._queue = QueueClient(endpoint, name, credential, **options)
        self._poison = QueueClient(endpoint, f"{name}-poison", credential, **options)
        self._hidden_s = hidden_s
        self._messages = f"{endpoint.rstrip('/')}/{name}/messages"
        self._http = http

    def receive(self, limit: int) -> list[QueuedMessage]:
        """See ``EventQueue.receive``."""
        with _translated("the event queue"):
            received = self._queue.receive_messages(
                messages_per_page=limit, max_messages=limit, visibility_timeout=self._hidden_s
            )
            return [QueuedMessage(m.id, m.pop_receipt or "", str(m.content), m.dequeue_count or 0) for m in received]

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """See ``EventQueue.remove``."""
        for removal in [self._http.submit(self._remove(message)) for message in messages]:
            removal.result()

    def poison(self, content: str, reason: str) -> None:
        """See ``EventQueue.poison``. What is too long for a message is cut, and says so."""
        with _translated("the poison queue"):
            self._poison.send_message(_poison_message(content, reason), time_to_live=-1)

    def check(self) -> None:
        """See ``EventQueue.check``."""
        with _translated("the event queue"):
            self._queue.get_queue_properties()

    async def _remove(self, message: QueuedMessage) -> None:
        address = f"{self._messages}/{message.id}?popreceipt={quote(message.receipt, safe='')}"
        response = await self._http.request("DELETE", address)
        if response.status != HTTPStatus.NO_CONTENT and response.error_code not in _NOT_OURS:
            raise StorageUnavailable(f"the event queue answered {response.status} {response.error_code}")


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except HttpResponseError as error:
        raise StorageUnavailable(f"{what} answered {error.status_code} {error_code(error)}") from error
    except AzureError as error:
        raise StorageUnavailable(f"{what} does not answer: {error}") from error


def _poison_message(content: str, reason: str) -> str:
    kept = content
    while True:
        document = {"reason": reason[:1000], "content": kept, "cut": len(content) - len(kept)}
        message = json.dumps(document)
        if len(message) <= MAX_POISON_BYTES:
            return message
        kept = kept[: len(kept) * MAX_POISON_BYTES // (len(message) + 1)]
