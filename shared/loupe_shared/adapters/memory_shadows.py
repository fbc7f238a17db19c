"""What shadow versions say, without a server, for tests and experiments."""

import threading
from collections import Counter
from collections.abc import Sequence

from loupe_shared.shadow import Comparison, Pair


class MemoryShadows:
    """``ShadowStore`` in a dictionary."""

    def __init__(self) -> None:
        self._comparisons: dict[str, Comparison] = {}
        self._lock = threading.Lock()

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """See ``ShadowStore.write``."""
        with self._lock:
            for comparison in comparisons:
                self._comparisons.setdefault(comparison.id, comparison)

    def count(self, model: str, shadow: int) -> dict[Pair, int]:
        """See ``ShadowStore.count``."""
        return dict(Counter(comparison.pair for comparison in self._of(model, shadow)))

    def surest(self, model: str, shadow: int, serving: int, limit: int) -> list[Comparison]:
        """See ``ShadowStore.surest``."""
        found = [
            (comparison.sureness, comparison.id, comparison)
            for comparison in self._of(model, shadow)
            if comparison.sureness is not None and comparison.answered.version == serving
        ]
        return [comparison for *_, comparison in sorted(found, key=lambda one: one[:2], reverse=True)[:limit]]

    def check(self) -> None:
        """See ``ShadowStore.check``."""

    def close(self) -> None:
        """See ``ShadowStore.close``."""

    def _of(self, model: str, shadow: int) -> list[Comparison]:
        with self._lock:
            return [one for one in self._comparisons.values() if (one.model, one.shadow.version) == (model, shadow)]
