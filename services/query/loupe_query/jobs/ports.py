"""What submitting batch jobs needs from the outside world."""

from typing import Protocol


class Outputs(Protocol):
    """The files that jobs have written. Safe for use from several threads."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name.

        Raises:
            StorageUnavailable: storage did not answer as it should.
        """
