"""The poison queue of events: Peek, Get, Put, Update and Delete Message of Azure Queue Storage's REST API.

https://learn.microsoft.com/rest/api/storageservices/operations-on-messages

It shows and gives a page at once, and the next only when that is gone. What is taken is hidden from others for a while,
so each letter is replayed or removed by one person; those that are not wanted are shown again at once.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from loupe_query.operate.letters import Letter, letter_id
from loupe_shared.adapters.storage_http import Response, StorageHttp, message_count
from loupe_shared.api.operate import Source
from loupe_shared.errors import StorageUnavailable

PAGE = 32
MAX_PAGE_BYTES = 16_000_000  # more than a page of the longest messages, in which every character is escaped
HIDDEN_S = 30  # if the process dies with messages in hand, they are back after that
STRANGE = "this is no message that Loupe set aside"

# The message timed out and was taken, or removed, by someone else.
_NOT_OURS = ("MessageNotFound", "PopReceiptMismatch")


class _Message(NamedTuple):
    id: str
    receipt: str
    content: str
    at: datetime


class PoisonLetters:
    """``LetterBox`` over two storage queues, which must exist: ``name-poison``, and ``name`` for what is replayed.

    Args:
        http: how to reach storage.
        endpoint: URL of the Queue service.
        name: of the event queue.
    """

    source = Source.EVENTS

    def __init__(self, http: StorageHttp, endpoint: str, name: str) -> None:
        self._http = http
        self._queue = f"{endpoint.rstrip('/')}/{name}"

    def letters(self) -> Iterator[Letter]:
        """See ``LetterBox.letters``. The first page only: a storage queue shows no more."""
        yield from map(_letter, self._page("peekonly=true"))

    def obstacle(self, letter: Letter) -> str | None:
        """See ``LetterBox.obstacle``. Whether ingestion understands the event now, only ingestion can tell."""
        return letter.damage

    def replay(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.replay``."""
        return self._take(letters, again=True)

    def remove(self, letters: Sequence[Letter]) -> int:
        """See ``LetterBox.remove``."""
        return self._take(letters, again=False)

    def count(self) -> int:
        """How many there are, roughly.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        return message_count(self._ask("GET", "-poison?comp=metadata", HTTPStatus.OK))

    def _take(self, letters: Sequence[Letter], *, again: bool) -> int:
        wanted, removed = {letter.handle.decode() for letter in letters}, 0
        for message in self._page(f"visibilitytimeout={HIDDEN_S}"):
            place = f"-poison/messages/{message.id}?popreceipt={quote(message.receipt, safe='')}"
            if message.id not in wanted:
                self._ask("PUT", f"{place}&visibilitytimeout=0", HTTPStatus.NO_CONTENT, message.content)
                continue
            if again:
                self._ask("POST", "/messages", HTTPStatus.CREATED, str(_letter(message).message))
            removed += self._ask("DELETE", place, HTTPStatus.NO_CONTENT).status == HTTPStatus.NO_CONTENT
        return removed

    def _page(self, how: str) -> list[_Message]:
        body = self._ask("GET", f"-poison/messages?numofmessages={PAGE}&{how}", HTTPStatus.OK).body
        try:
            return [
                _Message(
                    message.findtext("MessageId", ""),
                    message.findtext("PopReceipt", ""),
                    message.findtext("MessageText", ""),
                    parsedate_to_datetime(message.findtext("InsertionTime", "")),
                )
                for message in ET.fromstring(body)  # noqa: S314  (the storage service's own)
            ]
        except (ET.ParseError, ValueError) as error:
            raise StorageUnavailable(f"the poison queue gave something else than messages: {error}") from error

    def _ask(self, method: str, place: str, expected: HTTPStatus, content: str | None = None) -> Response:
        headers, body = {}, None
        if content is not None:
            headers = {"Content-Type": "application/xml"}
            body = f"<QueueMessage><MessageText>{escape(content)}</MessageText></QueueMessage>".encode()
        request = self._http.request(method, f"{self._queue}{place}", headers, MAX_PAGE_BYTES, body)
        response = self._http.submit(request).result()
        if response.status != expected and response.error_code not in _NOT_OURS:
            raise StorageUnavailable(f"the queue of events answered {response.status} {response.error_code}")
        return response


def _letter(message: _Message) -> Letter:
    handle = message.id.encode()
    id_ = letter_id(Source.EVENTS, handle)
    try:
        match json.loads(message.content):
            case {"reason": str(reason), "content": str(content), "cut": int(cut)}:
                damage = f"only a part of it was kept: it was {cut} characters longer" if cut else None
                return Letter(id_, Source.EVENTS, reason, message.at, content, handle, damage)
    except (ValueError, RecursionError):
        pass
    return Letter(id_, Source.EVENTS, STRANGE, message.at, message.content, handle, STRANGE)
