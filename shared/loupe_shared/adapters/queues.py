"""How much is on its way, counted where Celery and the record of outstanding outcomes keep it."""

from datetime import UTC, datetime

from loupe_shared.adapters.broker import (
    KEY_PREFIX,
    LOOK_TIMEOUT_S,
    QUEUES,
    answering,
    connect,
    dead_letter_queue,
    unacked_key,
)
from loupe_shared.adapters.outstanding import AGES
from loupe_shared.adapters.outstanding import KEYS as OUTSTANDING
from loupe_shared.pipeline import Backlog, Lane, QueueDepth
from loupe_shared.settings import BrokerSettings


class ValkeyQueues:
    """``Queues`` in the broker's own Redis or Valkey."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._client = connect(settings, timeout_s=LOOK_TIMEOUT_S)

    def backlog(self) -> Backlog:
        """See ``Queues.backlog``."""
        pipeline = self._client.pipeline(transaction=True)
        for key in OUTSTANDING.values():
            pipeline.hlen(key)
        for queue in QUEUES:
            pipeline.llen(f"{KEY_PREFIX}{queue}")
            pipeline.hlen(f"{KEY_PREFIX}{unacked_key(queue)}")
            pipeline.llen(f"{KEY_PREFIX}{dead_letter_queue(queue)}")
        with answering("the broker"):
            found = pipeline.execute()
        outstanding, counts = found[: len(OUTSTANDING)], found[len(OUTSTANDING) :]
        depths = zip(QUEUES, counts[::3], counts[1::3], counts[2::3], strict=True)
        return Backlog(
            outstanding=sum(outstanding),
            queues=tuple(
                QueueDepth(name=name, waiting=waiting, running=running, dead=dead)
                for name, waiting, running, dead in depths
            ),
        )

    def lanes(self) -> list[Lane]:
        """See ``Queues.lanes``."""
        pipeline = self._client.pipeline(transaction=True)
        for queue, key in OUTSTANDING.items():
            pipeline.hlen(key)
            pipeline.hkeys(AGES[queue])
        with answering("the broker"):
            found = pipeline.execute()
        lanes = zip(OUTSTANDING, found[::2], found[1::2], strict=True)
        return [Lane(queue, outstanding, _oldest(ages)) for queue, outstanding, ages in lanes]


def _oldest(ages: list[str]) -> datetime | None:
    return datetime.fromtimestamp(min(map(int, ages)), UTC) if ages else None
