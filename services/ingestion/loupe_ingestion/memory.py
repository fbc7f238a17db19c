"""Ingestion's ports without a server, for tests. They pass the same contract tests as the real adapters."""

from collections.abc import Collection, Mapping


class MemoryLedger:
    """``SequencerLedger`` in a dictionary, which forgets nothing."""

    def __init__(self) -> None:
        self._orders: dict[str, str] = {}

    def known(self, image_ids: Collection[str]) -> dict[str, str]:
        """See ``SequencerLedger.known``."""
        return {id_: self._orders[id_] for id_ in image_ids if id_ in self._orders}

    def advance(self, orders: Mapping[str, str]) -> None:
        """See ``SequencerLedger.advance``."""
        for id_, order in orders.items():
            self._orders[id_] = max(order, self._orders.get(id_, ""))
