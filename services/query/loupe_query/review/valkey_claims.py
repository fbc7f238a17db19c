"""Claims in the broker's own Redis or Valkey.

A key for each image says who holds it, and vanishes when the claim runs out. A sorted set for each holder says what it
holds and until when, so that nobody has to search all claims for its own.
"""

from collections.abc import Collection, Sequence

from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
from loupe_shared.settings import BrokerSettings

CLAIMS = "the record of claims"

# All of them take the holder's set and the images' keys, and the holder. Time is told by the server alone.
_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# Arguments: the holder, the limit, milliseconds, then the images.
_CLAIM = f"""{_NOW}
local claimed = {{}}
for i = 2, #KEYS do
  if #claimed == tonumber(ARGV[2]) then break end
  local known = redis.call('GET', KEYS[i])
  if not known or known == ARGV[1] then
    redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[3])
    redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[i + 2])
    claimed[#claimed + 1] = ARGV[i + 2]
  end
end
if #claimed > 0 and redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return claimed
"""

_HELD = f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""

# Arguments: the holder, then the images.
_RELEASE = """
local released = 0
for i = 2, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    released = released + redis.call('DEL', KEYS[i])
  end
  redis.call('ZREM', KEYS[1], ARGV[i])
end
return released
"""


class ValkeyClaims:
    """``Claims`` in the broker."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._client = connect(settings)
        self._claim = self._client.register_script(_CLAIM)
        self._held = self._client.register_script(_HELD)
        self._release = self._client.register_script(_RELEASE)

    def claim(self, holder: str, image_ids: Sequence[str], limit: int, seconds: float) -> list[str]:
        """See ``Claims.claim``."""
        ids = list(dict.fromkeys(image_ids))
        with answering(CLAIMS):
            claimed: list[str] = self._claim(_keys(holder, ids), [holder, limit, int(seconds * 1000), *ids])
        return claimed

    def held(self, holder: str) -> list[str]:
        """See ``Claims.held``."""
        with answering(CLAIMS):
            held: list[str] = self._held(_keys(holder, ()), [])
        return held

    def taken(self, holder: str, image_ids: Sequence[str]) -> set[str]:
        """See ``Claims.taken``."""
        if not image_ids:
            return set()
        with answering(CLAIMS):
            holders = self._client.mget(_keys(holder, image_ids)[1:])
        return {id_ for id_, known in zip(image_ids, holders, strict=True) if known not in (None, holder)}

    def release(self, holder: str, image_ids: Collection[str]) -> int:
        """See ``Claims.release``."""
        with answering(CLAIMS):
            released: int = self._release(_keys(holder, image_ids), [holder, *image_ids])
        return released


def _keys(holder: str, image_ids: Collection[str]) -> list[str]:
    return [f"{KEY_PREFIX}claims:{holder}", *(f"{KEY_PREFIX}claim:{id_}" for id_ in image_ids)]
