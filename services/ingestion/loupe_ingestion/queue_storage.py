"""The event queue on Azure Queue Storage.

The SDK's decoding policies are not used: with them one malformed message makes a whole receive call fail.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient

from loupe_ingestion.ports import QueuedMessage
from loupe_shared.adapters.azure import error_code, storage_credential
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings

PAGE = 32  # the most that the service gives at once
MAX_POISON_BYTES = 60_000  # of 64 KiB
CONCURRENT_REMOVALS = 8

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
    """

    def __init__(self, settings: StorageSettings, endpoint: str, name: str, hidden_s: int) -> None:
        credential = storage_credential(settings)
        options: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "retry_total": 2, "read_timeout": 20}
        self._queue = QueueClient(endpoint, name, credential, **options)
        self._poison = QueueClient(endpoint, f"{name}-poison", credential, **options)
        self._hidden_s = hidden_s
        self._removers = ThreadPoolExecutor(CONCURRENT_REMOVALS, thread_name_prefix="acknowledge")

    def receive(self) -> list[QueuedMessage]:
        """See ``EventQueue.receive``."""
        with _translated("the event queue"):
            received = self._queue.receive_messages(
                messages_per_page=PAGE, max_messages=PAGE, visibility_timeout=self._hidden_s
            )
            return [QueuedMessage(m.id, m.pop_receipt or "", str(m.content), m.dequeue_count or 0) for m in received]

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """See ``EventQueue.remove``."""
        for _ in self._removers.map(self._remove, messages):
            pass

    def poison(self, content: str, reason: str) -> None:
        """See ``EventQueue.poison``. What is too long for a message is cut, and says so."""
        with _translated("the poison queue"):
            self._poison.send_message(_poison_message(content, reason), time_to_live=-1)

    def check(self) -> None:
        """See ``EventQueue.check``."""
        with _translated("the event queue"):
            self._queue.get_queue_properties()

    def _remove(self, message: QueuedMessage) -> None:
        with _translated("the event queue"):
            try:
                self._queue.delete_message(message.id, message.receipt)
            except HttpResponseError as error:
                if error_code(error) not in _NOT_OURS:
                    raise


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
