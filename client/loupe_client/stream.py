"""Images as they are classified, over a connection that is opened again whenever it breaks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Self

import httpx2

from loupe_client.connection import Connection, translated, understand
from loupe_client.errors import ChangesMissed, Unavailable, Unreachable
from loupe_shared.result import ResultDocument

FIRST_PAUSE_S = 2.0  # if the service does not say another; it doubles while nothing answers
MAX_PAUSE_S = 60.0
SILENCE_S = 45.0  # after which a connection is taken for broken: the service says something every 15 s

MISSED = "more has happened than the stream can tell: ask for the list again, then for what is next"


class Stream:
    """Images whose results are new or have changed, from the moment on in which it was made, for ever.

    A context: on leaving it, the connection is closed.

    Args:
        api: is asked.
        query: which images.
        sleep: waits for as many seconds.

    Raises:
        ApiError: it cannot be opened. Later it waits until it can, unless it is refused.
    """

    def __init__(self, api: Connection, query: Mapping[str, str], sleep: Callable[[float], None]) -> None:
        self._api = api
        self._query = query
        self._sleep = sleep
        self._pause_s = FIRST_PAUSE_S
        self._last_id: str | None = None
        self._events: Iterator[httpx2.ServerSentEvent] = iter(())
        self._connection = ExitStack()
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Whoever asks for what is next opens another, which goes on where this one was."""
        self._connection.close()
        self._events = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ResultDocument:
        """Wait for the next image.

        Raises:
            ChangesMissed: there were more than the service remembers. The stream goes on after them.
            Refused: the service does not let the stream go on.
        """
        while True:
            try:
                event = self._read()
            except Unreachable:
                event = None
            if event is None:
                self._reopen()
            elif event.event == "image":
                return understand(ResultDocument, event.data)
            elif event.event == "reload":
                raise ChangesMissed(MISSED)

    def _open(self) -> None:
        self.close()
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        request = self._api.request("GET", "/v1/stream", params=self._query, headers=headers, timeout=SILENCE_S)
        with ExitStack() as opening:
            self._events = iter(httpx2.EventSource(opening.enter_context(self._api.open(request))))
            # It says where the stream begins. Without that, what happens while a connection is broken would be lost.
            first = self._read()
            if first is None:
                raise Unreachable("the stream ended before it began")
            self._events = chain([first], self._events)
            self._connection = opening.pop_all()

    def _reopen(self) -> None:
        pause_s = self._pause_s
        while True:
            self._sleep(pause_s)
            try:
                self._open()
            except (Unreachable, Unavailable):
                pause_s = min(2 * pause_s, MAX_PAUSE_S)
            else:
                return

    def _read(self) -> httpx2.ServerSentEvent | None:
        """The next event; none if the connection has ended."""
        with translated():
            event = next(self._events, None)
        if event:
            self._last_id = event.id or self._last_id
            self._pause_s = self._pause_s if event.retry is None else event.retry / 1000
        return event
