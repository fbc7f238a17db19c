"""What became of a simulated day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.scaling.traffic import Floats, Integers


class Moment(NamedTuple):
    """How things stood.

    Attributes:
        at: seconds from the beginning.
        waiting: jobs that nobody had taken.
        oldest_s: for how long the next of them had waited.
        replicas: workers that were wanted.
        ready: workers that took jobs.
        nodes: that were paid for.
    """

    at: float
    waiting: int
    oldest_s: float
    replicas: int
    ready: int
    nodes: int


@dataclass(frozen=True)
class Outcome:
    """A simulated day.

    Attributes:
        waits_s: float64, [jobs that were done]: seconds from arrival to end.
        images: int64, [jobs that were done]: in each.
        undone: jobs that were not done.
        done_again: images that were done although they had been done.
        begun_again: images whose worker was killed after it had taken them.
        ended_busy: workers that were told to end while they held a job.
        node_hours: that were paid for.
        moments: every 15 seconds.
    """

    waits_s: Floats
    images: Integers
    undone: int
    done_again: int
    begun_again: int
    ended_busy: int
    node_hours: float
    moments: Sequence[Moment]

    def wait_s(self, share: float) -> float:
        """Seconds within which such a share of the images is done; 1 for all."""
        if not len(self.waits_s):
            return 0.0
        order = np.argsort(self.waits_s)
        done = np.cumsum(self.images[order])
        return float(self.waits_s[order][np.searchsorted(done, share * done[-1])])
