"""What looking after dead letters needs from the outside world."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from loupe_query.operate.letters import Letter
from loupe_shared.api.operate import Source


class LetterBox(Protocol):
    """The dead letters of one source. Safe for use from several threads and processes.

    Every method raises ``TransientError`` when what keeps them does not answer.

    Attributes:
        source: where they come from.
    """

    source: Source

    def letters(self) -> Iterator[Letter]:
        """All of them, read bit by bit, the oldest first. One that others remove meanwhile may hide another."""

    def obstacle(self, letter: Letter) -> str | None:
        """Why a letter cannot be replayed; nothing if it can."""

    def replay(self, letters: Sequence[Letter]) -> int:
        """Put letters without an obstacle into their queue again, then remove them.

        In this order none is lost. If something fails in between, or two people do it at once, a message is handled
        twice, which changes nothing.

        Returns:
            How many were removed; others have removed the rest.
        """

    def remove(self, letters: Sequence[Letter]) -> int:
        """Remove letters for good. Returns how many of them were there."""
