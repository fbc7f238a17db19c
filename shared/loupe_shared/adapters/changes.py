"""What has changed in the archive, for those who look on: a stream in the broker's own Redis (7 or newer) or Valkey.

It has the last ``KEPT`` changes, in the order in which they were announced. Who announces does so after writing, and
again when the same is written again, so that nothing is missing for long. What several processes write at once can
stand here the other way round: the greater revision is what the archive shows.
"""

from collections.abc import Sequence
from typing import Any

import redis.asyncio

from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
from loupe_shared.ports import Change, EventType
from loupe_shared.settings import BrokerSettings

KEY = f"{KEY_PREFIX}changes"
KEPT = 10_000  # some 15 MB
MAX_READ = 200
LONGEST_WAIT_S = 30.0
NAME = "the stream of changes"
NOTHING_YET = "0-0"
_FIELD = "document"
_EVENT = "event"


class ValkeyAnnouncer:
    """``Announcer`` into the stream."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._client = connect(settings)

    def announce(self, documents: Sequence[str], event: EventType = "image") -> None:
        """See ``Announcer.announce``."""
        pipeline = self._client.pipeline(transaction=False)
        for document in documents:
            pipeline.xadd(KEY, _fields(document, event), maxlen=KEPT, approximate=True)
        with answering(NAME):
            pipeline.execute()


class ValkeyChanges:
    """``Changes`` from the stream.

    Args:
        settings: the broker.
        readers: how many wait for changes at once, at most. Each takes a connection.
    """

    def __init__(self, settings: BrokerSettings, readers: int) -> None:
        self._client = redis.asyncio.Redis.from_url(
            settings.broker_url.get_secret_value(),
            decode_responses=True,
            socket_connect_timeout=5,
            socket_timeout=LONGEST_WAIT_S + 5,  # a quiet stream is no broken one
            max_connections=readers,
        )

    async def latest(self) -> str:
        """See ``Changes.latest``."""
        with answering(NAME):
            last = await self._client.xrevrange(KEY, count=1)
        return str(last[0][0]) if last else NOTHING_YET

    async def has_all_after(self, id_: str) -> bool:
        """See ``Changes.has_all_after``."""
        with answering(NAME):
            if not await self._client.exists(KEY):
                return id_ == NOTHING_YET
            stream: Any = await self._client.xinfo_stream(KEY)
        if id_ == NOTHING_YET:
            return bool(stream["entries-added"] == stream["length"])
        first, last = _number(stream["first-entry"][0]), _number(stream["last-generated-id"])
        return first <= _number(id_) <= last

    async def after(self, id_: str, wait_s: float) -> list[Change]:
        """See ``Changes.after``."""
        with answering(NAME):
            found: Any = await self._client.xread({KEY: id_}, count=MAX_READ, block=int(wait_s * 1000))
        return [
            Change(change, fields[_FIELD], fields.get(_EVENT, "image"))
            for _, changes in found
            for change, fields in changes
        ]

    async def close(self) -> None:
        """See ``Changes.close``."""
        await self._client.aclose()


def _fields(document: str, event: EventType) -> dict[Any, Any]:
    return {_FIELD: document} if event == "image" else {_FIELD: document, _EVENT: event}


def _number(id_: str) -> tuple[int, int]:
    milliseconds, number = id_.split("-")
    return int(milliseconds), int(number)
