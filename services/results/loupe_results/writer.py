"""Writing results."""

import logging

from loupe_shared.domain import now
from loupe_shared.messages import StoreBatch
from loupe_shared.ports import ResultStore

log = logging.getLogger(__name__)


class Writer:
    """Handles store messages. May be given the same message again: the store keeps what is newer."""

    def __init__(self, store: ResultStore) -> None:
        self._store = store

    def handle(self, batch: StoreBatch) -> None:
        """Write a batch of results.

        Raises:
            StoreUnavailable: nothing or a part was written; the batch may be handled again.
        """
        stored_at = now()
        changed = self._store.write([result.model_copy(update={"stored_at": stored_at}) for result in batch.results])
        log.info("%d results, %d of them new", len(batch.results), changed)
