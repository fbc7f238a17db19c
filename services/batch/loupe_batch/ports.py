"""What running batch jobs needs from the outside world."""

from collections.abc import Iterator
from typing import Protocol

from loupe_shared.errors import PermanentError


class OutputRefused(PermanentError):
    """A file cannot be written. The message says what to do."""


class OutputFile(Protocol):
    """A file that is written in parts, and seen when it is whole.

    Every method raises ``StorageUnavailable``, and may then be called again.
    """

    def write(self, number: int, content: bytes) -> None:
        """Add a part, or write it again.

        Args:
            number: its place among the parts.
            content: not empty.

        Raises:
            OutputRefused: it cannot be added.
        """

    def finish(self, media_type: str) -> None:
        """Let the file be seen, with the parts in order. Once more after that, it changes nothing.

        Raises:
            OutputRefused: there is another file of its name.
        """

    def read(self) -> Iterator[bytes]:
        """What a finished file has, in pieces."""

    def remove(self) -> None:
        """Remove the finished file, if it is there."""
