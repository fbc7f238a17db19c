"""The record of outstanding outcomes in the broker's own Redis or Valkey.

One hash for each queue of jobs, with a field per image: the order of its event, then a JSON document. Beside it a hash
of ages: how many of those images were written down first in which ten seconds. So the oldest is found without a look
at all of them.
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
AGES = {queue: f"{key}-ages" for queue, key in KEYS.items()}
AGE_S = 10
MAX_LOST = 1000
RECORD = "the record of outstanding outcomes"

# Of ages, what has changed. An entry of an earlier version has none.
_AGES = """
local changes = {}
local function change(age, by)
  if age then
    changes[age] = (changes[age] or 0) + by
  end
end
local function age_of(entry)
  return string.match(entry, '^[^{]*{"first":(%d+)')
end
local function apply(key)
  for age, by in pairs(changes) do
    if by ~= 0 and redis.call('HINCRBY', key, age, by) <= 0 then
      redis.call('HDEL', key, age)
    end
  end
  changes = {}
end
"""

# Arguments come in pairs: field, order and document. Several processes write, so it compares and sets in one step.
# What is written down again becomes young again, but remembers when it was written down first.
_ADD = f"""{_AGES}
for i = 1, #ARGV, 2 do
  local entry = ARGV[i + 1]
  local order = string.match(entry, '^[^{{]*')
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local known_order = known and string.match(known, '^[^{{]*')
  if not known or known_order <= order then
    local first = known and age_of(known)
    if first and known_order == order then
      entry = string.gsub(entry, '{{"first":%d+', '{{"first":' .. first, 1)
    else
      change(first, -1)
      change(age_of(entry), 1)
    end
    redis.call('HSET', KEYS[1], ARGV[i], entry)
  end
end
apply(KEYS[2])
"""

# Arguments come in pairs: field, order. Keys, too: entries, their ages.
_SETTLE = f"""{_AGES}
for k = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[k]) == 1 then
    for i = 1, #ARGV, 2 do
      local known = redis.call('HGET', KEYS[k], ARGV[i])
      if known and string.match(known, '^[^{{]*') <= ARGV[i + 1] then
        redis.call('HDEL', KEYS[k], ARGV[i])
        change(age_of(known), -1)
      end
    end
    apply(KEYS[k + 1])
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
            self._add([KEYS[queue], AGES[queue]], [part for one in due for part in _entry(one, since)])

    def settle(self, images: Iterable[ImageRef]) -> None:
        """See ``Outstanding.settle``."""
        with answering(RECORD):
            keys = [key for queue in KEYS for key in (KEYS[queue], AGES[queue])]
            self._settle(keys, [part for image in images for part in (image.id, image.order)])

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
    first = int(since) // AGE_S * AGE_S
    return image.id, f'{image.order}{{"first":{first},"since":{since},"due":{document}}}'


def _read(value: str) -> _Entry | None:
    try:
        return _Entry.model_validate_json("{" + value.partition("{")[2])
    except ValidationError as error:
        log.warning("an entry of the record of outstanding outcomes cannot be read: %s", error)
        return None
