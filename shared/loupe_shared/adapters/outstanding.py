"""The record of outstanding outcomes in the broker's own Redis or Valkey.

One hash with a field per image: the order of its event, then a JSON document.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from pydantic import ValidationError

from loupe_shared.adapters.broker import KEY_PREFIX, QUEUES, answering, connect
from loupe_shared.domain import ImageRef, Model
from loupe_shared.result import Result
from loupe_shared.settings import BrokerSettings

log = logging.getLogger(__name__)

KEY = f"{KEY_PREFIX}outstanding"
MAX_LOST = 1000
RECORD = "the record of outstanding outcomes"

# Arguments come in pairs: field, order and document. Several processes write, so it compares and sets in one step.
_ADD = """
for i = 1, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or string.match(known, '^[^{]*') <= string.match(ARGV[i + 1], '^[^{]*') then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
"""

# Arguments come in pairs: field, order.
_SETTLE = """
for i = 1, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if known and string.match(known, '^[^{]*') <= ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
"""


class _Entry(Model):
    since: float
    due: Result | ImageRef


class ValkeyOutstanding:
    """``Outstanding`` in a hash of the broker."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._client = connect(settings)
        self._add = self._client.register_script(_ADD)
        self._settle = self._client.register_script(_SETTLE)

    def add(self, due: Sequence[ImageRef | Result]) -> None:
        """See ``Outstanding.add``."""
        since = time.time()
        with answering(RECORD):
            self._add([KEY], [part for one in due for part in _entry(one, since)])

    def settle(self, images: Iterable[ImageRef]) -> None:
        """See ``Outstanding.settle``."""
        with answering(RECORD):
            self._settle([KEY], [part for image in images for part in (image.id, image.order)])

    def due(self, image_ids: Sequence[str]) -> set[str]:
        """See ``Outstanding.due``."""
        pipeline = self._client.pipeline(transaction=False)
        for image_id in image_ids:
            pipeline.hexists(KEY, image_id)  # HMGET would bring the documents along
        with answering(RECORD):
            return {id_ for id_, there in zip(image_ids, pipeline.execute(), strict=True) if there}

    def lost(self, after_s: float) -> list[ImageRef | Result]:
        """See ``Outstanding.lost``."""
        limit = time.time() - after_s
        with answering(RECORD):
            if self._waits():
                return []
            values = [value for _, value in islice(self._client.hscan_iter(KEY, count=MAX_LOST), MAX_LOST)]
        return [entry.due for entry in map(_read, values) if entry and entry.since < limit]

    def _waits(self) -> bool:
        pipeline = self._client.pipeline(transaction=True)
        for queue in QUEUES:
            pipeline.llen(f"{KEY_PREFIX}{queue}")
        return any(pipeline.execute())


def _entry(due: ImageRef | Result, since: float) -> tuple[str, str]:
    """Field and value of an ``_Entry``, put together by hand: pydantic takes three times as long to write the whole."""
    image = due.image if isinstance(due, Result) else due
    document = due.model_dump_json(exclude_none=True, exclude_computed_fields=True)
    return image.id, f'{image.order}{{"since":{since},"due":{document}}}'


def _read(value: str) -> _Entry | None:
    try:
        return _Entry.model_validate_json("{" + value.partition("{")[2])
    except ValidationError as error:
        log.warning("an entry of the record of outstanding outcomes cannot be read: %s", error)
        return None
