"""The ledger of sequencers in the broker's own Redis or Valkey."""

from collections.abc import Collection, Mapping

from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
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
        self._client = connect(settings)
        self._advance = self._client.register_script(_ADVANCE)
        self._remember_s = remember_s

    def known(self, image_ids: Collection[str]) -> dict[str, str]:
        """See ``SequencerLedger.known``."""
        with answering("the ledger"):
            orders = self._client.mget([_key(id_) for id_ in image_ids])
        return {id_: str(order) for id_, order in zip(image_ids, orders, strict=True) if order is not None}

    def advance(self, orders: Mapping[str, str]) -> None:
        """See ``SequencerLedger.advance``."""
        with answering("the ledger"):
            self._advance([_key(id_) for id_ in orders], [self._remember_s, *orders.values()])


def _key(image_id: str) -> str:
    return f"{KEY_PREFIX}seen:{image_id}"
