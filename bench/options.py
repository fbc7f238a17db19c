"""How the benchmark is run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

QUICK_SHARE = 10


@dataclass(frozen=True)
class Options:
    """The choices of who runs it.

    Attributes:
        runs: how often each measurement is repeated.
        quick: measure with a tenth of the images, to see that everything works.
        state: folder for pictures, data and logs.
        bundle: folder of the real model.
        say: tells a person what is being done.
    """

    runs: int
    quick: bool
    state: Path
    bundle: Path
    say: Callable[[str], None]

    def images(self, count: int) -> int:
        """How many images to measure with, of ``count``."""
        return count // QUICK_SHARE if self.quick else count
