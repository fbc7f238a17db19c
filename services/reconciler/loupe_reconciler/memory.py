"""Adapters without a server, for tests."""

from loupe_reconciler.ports import Place


class MemoryProgress:
    """``Progress`` in a dictionary."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

    def load(self) -> dict[str, Place]:
        """See ``Progress.load``."""
        return dict(self._places)

    def save(self, prefix: str, place: Place) -> None:
        """See ``Progress.save``."""
        self._places[prefix] = place

    def clear(self) -> None:
        """See ``Progress.clear``."""
        self._places.clear()
