"""The ledger of sequencers in the broker's own Redis or Valkey."""

from collections.abc import Collection, Mapping

import redis

from loupe_shared.adapters.broker import KEY_PREFIX
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.settings import BrokerSettings

# Compares and sets in one step, because several ingestion processes share the ledger.
_ADVANCE = """
for i, key in ipairs(KEYS) do
  local known = redis.call('GET', key)
  if not known or known < ARGV[i + 1] then
    redis.call('SET', key, ARGV[i + 1], 'EX', ARGV[1])
  end
end
"""


class ValkeyLedger:
    """``SequencerLedger`` that remembers for a number of seconds."""

    def __init__(self, settings: BrokerSettings, remember_s: int) -> None:
        url = settings.broker_url.get_secret_value()
        self._client = redis.Redis.from_url(url, decode_responses=True, socket_timeout=30, socket_connect_timeout=5)
        self._advance = self._client.register_script(_ADVANCE)
        self._remember_s = remember_s

    def known(self, image_ids: Collection[str]) -> dict[str, str]:
        """See ``SequencerLedger.known``."""
        try:
            orders = self._client.mget([_key(id_) for id_ in image_ids])
        except redis.RedisError as error:
            raise BrokerUnavailable(f"the ledger does not answer: {error}") from error
        return {id_: str(order) for id_, order in zip(image_ids, orders, strict=True) if order is not None}

    def advance(self, orders: Mapping[str, str]) -> None:
        """See ``SequencerLedger.advance``."""
        try:
            self._advance([_key(id_) for id_ in orders], [self._remember_s, *orders.values()])
        except redis.RedisError as error:
            raise BrokerUnavailable(f"the ledger does not answer: {error}") from error


def _key(image_id: str) -> str:
    return f"{KEY_PREFIX}seen:{image_id}"
