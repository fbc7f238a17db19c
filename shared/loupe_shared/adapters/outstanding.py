"""The record of outstanding outcomes in the broker's own Redis or Valkey.

One hash for each queue of jobs, with a field per image: the order of its event, then a JSON document.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from pydantic import ValidationError

from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
from loupe_shared.domain import ImageRef, Model
from loupe_shared.messages import BackfillJob, ClassifyJob, StoreBatch
from loupe_shared.result import Result
from loupe_shared.settings import BrokerSettings

log = logging.getLogger(__name__)

KEYS = {
    ClassifyJob.queue: f"{KEY_PREFIX}outstanding",
    BackfillJob.queue: f"{KEY_PREFIX}outstanding-{BackfillJob.queue}",
}
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
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    for i = 1, #ARGV, 2 do
      local known = redis.call('HGET', key, ARGV[i])
      if known and string.match(known, '^[^{]*') <= ARGV[i + 1] then
        redis.call('HDEL', key, ARGV[i])
      end
    end
  end
end
"""

# Arguments are fields. Gives those that any of the hashes has.
_DUE = """
local due = {}
for _, field in ipairs(ARGV) do
  for _, key in ipairs(KEYS) do
    if redis.call('HEXISTS', key, field) == 1 then
      due[#due + 1] = field
      break
    end
  end
end
return due
"""


class _Entry(Model):
    since: float
    due: Result | ImageRef


class ValkeyOutstanding:
    """``Outstanding`` in hashes of the broker."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._client = connect(settings)
        self._add = self._client.register_script(_ADD)
        self._settle = self._client.register_script(_SETTLE)
        self._due = self._client.register_script(_DUE)

    def add(self, due: Sequence[ImageRef | Result], queue: str = ClassifyJob.queue) -> None:
        """See ``Outstanding.add``."""
        since = time.time()
        with answering(RECORD):
            self._add([KEYS[queue]], [part for one in due for part in _entry(one, since)])

    def settle(self, images: Iterable[ImageRef]) -> None:
        """See ``Outstanding.settle``."""
        with answering(RECORD):
            self._settle(list(KEYS.values()), [part for image in images for part in (image.id, image.order)])

    def due(self, image_ids: Sequence[str]) -> set[str]:
        """See ``Outstanding.due``."""
        with answering(RECORD):
            return set(self._due(list(KEYS.values()), image_ids))

    def lost(self, after_s: float, queue: str = ClassifyJob.queue) -> list[ImageRef | Result]:
        """See ``Outstanding.lost``."""
        limit = time.time() - after_s
        with answering(RECORD):
            if self._waits(queue):
                return []
            values = [value for _, value in islice(self._client.hscan_iter(KEYS[queue], count=MAX_LOST), MAX_LOST)]
        return [entry.due for entry in map(_read, values) if entry and entry.since < limit]

    def _waits(self, queue: str) -> bool:
        pipeline = self._client.pipeline(transaction=True)
        for name in (queue, StoreBatch.queue):
            pipeline.llen(f"{KEY_PREFIX}{name}")
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
