"""Where it is kept what shadow versions say: never in the archive."""

from collections.abc import Sequence
from typing import Protocol

from loupe_shared.shadow import Comparison, Pair


class ShadowStore(Protocol):
    """Comparisons of versions that look on with those that answer.

    Safe for use from several threads. Every method raises ``StoreUnavailable`` when the store does not answer.
    """

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """Keep and count comparisons. One whose id is there already changes nothing."""

    def count(self, model: str, shadow: int) -> dict[Pair, int]:
        """How many images a shadow version was compared over, by what was said. All that there ever were."""

    def surest(self, model: str, shadow: int, serving: int, limit: int) -> list[Comparison]:
        """Disagreements of a shadow version with one that answered, those of the greatest sureness first."""

    def check(self) -> None:
        """Return if the store answers."""

    def close(self) -> None:
        """Give back connections."""
