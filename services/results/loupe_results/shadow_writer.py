"""Writing what shadow versions say, apart from the results."""

import logging

from loupe_shared.errors import StoreUnavailable
from loupe_shared.messages import ShadowBatch
from loupe_shared.release.shadows import ShadowStore
from loupe_shared.tally import Tally
from loupe_shared.telemetry import metrics

log = logging.getLogger(__name__)


class ShadowWriter:
    """Handles messages with comparisons. Safe for use from several threads.

    May be given the same message again: the store keeps each comparison once.

    Attributes:
        dropped: comparisons that the store did not take. They are evidence and no answers, so no message waits until it
            does: those that wait are in the way of results.
    """

    def __init__(self, store: ShadowStore) -> None:
        self._store = store
        self.dropped = Tally()

    def handle(self, batch: ShadowBatch) -> None:
        """Write a batch of comparisons, or drop it."""
        try:
            self._store.write(batch.comparisons)
        except StoreUnavailable as error:
            self.give_up(batch)
            log.warning("%d comparisons dropped, %d in all: %s", len(batch.comparisons), self.dropped.total, error)
        else:
            metrics.SHADOW_COMPARISONS.labels("written").inc(len(batch.comparisons))

    def give_up(self, batch: ShadowBatch) -> None:
        """Count what cannot be written."""
        self.dropped.add(len(batch.comparisons))
        metrics.SHADOW_COMPARISONS.labels("dropped").inc(len(batch.comparisons))
