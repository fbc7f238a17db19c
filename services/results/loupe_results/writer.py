"""Writing results."""

import logging

from loupe_shared.domain import now
from loupe_shared.messages import StoreBatch
from loupe_shared.ports import Outstanding, ResultStore

log = logging.getLogger(__name__)


class Writer:
    """Handles store messages. May be given the same message again: the store keeps what is newer."""

    def __init__(self, store: ResultStore, outstanding: Outstanding) -> None:
        self._store = store
        self._outstanding = outstanding

    def handle(self, batch: StoreBatch) -> None:
        """Write a batch of results.

        Raises:
            StoreUnavailable: nothing or a part was written; the batch may be handled again.
            BrokerUnavailable: all was written, but it is not noted that it was; the same holds.
        """
        stored_at = now()
        changed = self._store.write([result.model_copy(update={"stored_at": stored_at}) for result in batch.results])
        self.settle(batch)
        log.info("%d results, %d of them new", len(batch.results), changed)

    def settle(self, batch: StoreBatch) -> None:
        """Expect no more of these images.

        Raises:
            BrokerUnavailable: it is not noted.
        """
        self._outstanding.settle(result.image for result in batch.results)
