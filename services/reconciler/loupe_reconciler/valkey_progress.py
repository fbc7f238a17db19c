"""How far a sweep has come, in the broker's own Redis or Valkey."""

import json

from loupe_reconciler.ports import Place
from loupe_shared.adapters.broker import KEY_PREFIX, answering, connect
from loupe_shared.settings import BrokerSettings

REMEMBER_S = 86_400
PLACES = "the record of the sweep"


class ValkeyProgress:
    """``Progress`` in a hash of the broker, with a field for each prefix.

    Args:
        settings: the broker.
        account: storage account of the container.
        container: which is swept.
    """

    def __init__(self, settings: BrokerSettings, account: str, container: str) -> None:
        self._client = connect(settings)
        self._key = f"{KEY_PREFIX}sweep:{account}/{container}"

    def load(self) -> dict[str, Place]:
        """See ``Progress.load``."""
        with answering(PLACES):
            return {str(prefix): Place(*json.loads(place)) for prefix, place in self._client.hgetall(self._key).items()}

    def save(self, prefix: str, place: Place) -> None:
        """See ``Progress.save``."""
        pipeline = self._client.pipeline(transaction=True)
        pipeline.hset(self._key, prefix, json.dumps(place))
        pipeline.expire(self._key, REMEMBER_S)
        with answering(PLACES):
            pipeline.execute()

    def clear(self) -> None:
        """See ``Progress.clear``."""
        with answering(PLACES):
            self._client.delete(self._key)
