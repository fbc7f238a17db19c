"""The broker's queue as Celery has it: what waits, what workers hold, and what comes back from them."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from bench.scaling.traffic import Floats, Integers, Jobs

RESTORE_EVERY_S = 10.0  # a live worker looks so often for what a dead one held


@dataclass(eq=False)
class Taken:
    """A job in a worker's hands.

    Attributes:
        job: its number.
        at: when it was taken.
        is_restored: it has timed out, and waits again or was taken by another.
        is_over: it was acknowledged.
    """

    job: int
    at: float
    is_restored: bool = False
    is_over: bool = False


class JobQueue:
    """Jobs from their arrival to their end.

    Args:
        jobs: what arrives.
        visibility_s: after which a job that is not acknowledged is given to another.

    Attributes:
        running: jobs that are not acknowledged, whether or not the worker lives.
        undone: jobs that nobody has done yet.
        done_again: images of jobs that were done although somebody had done them.
    """

    def __init__(self, jobs: Jobs, visibility_s: float) -> None:
        self._images: list[int] = jobs.images.tolist()
        self._arrives: list[float] = jobs.at.tolist()
        self._visibility_s = visibility_s
        self._waiting: deque[int] = deque()
        self._timed_out: list[Taken] = []  # and nobody was there to put them back
        self._done_at: list[float | None] = [None] * len(jobs.at)
        self.running = 0
        self.undone = len(jobs.at)
        self.done_again = 0

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    def arrive(self, job: int) -> None:
        """A job is published."""
        self._waiting.append(job)

    def take(self, now: float) -> Taken | None:
        """The job that is next, if any waits."""
        if not self._waiting:
            return None
        job = self._waiting.popleft()
        self.running += 1
        return Taken(job, now)

    def acknowledge(self, now: float, taken: Taken) -> None:
        """A worker is done with a job."""
        taken.is_over = True
        if not taken.is_restored:
            self.running -= 1
        if self._done_at[taken.job] is None:
            self._done_at[taken.job] = now
            self.undone -= 1
        else:
            self.done_again += self.images_of(taken)

    def times_out_at(self, taken: Taken) -> float:
        """When a job that is not acknowledged is put back."""
        return taken.at + self._visibility_s + RESTORE_EVERY_S

    def time_out(self, taken: Taken, *, anybody: bool) -> bool:
        """Put a job back, if nobody has acknowledged it. If no worker is there to do so, the next that starts does.

        Returns:
            whether it waits now.
        """
        if taken.is_over or taken.is_restored:
            return False
        if anybody:
            self._restore(taken)
        else:
            self._timed_out.append(taken)
        return anybody

    def revive(self) -> None:
        """A worker has started, and puts back what timed out before."""
        for taken in self._timed_out:
            self._restore(taken)
        self._timed_out.clear()

    def oldest_s(self, now: float) -> float:
        """For how long the job that is next has waited."""
        return now - self._arrives[self._waiting[0]] if self._waiting else 0.0

    def images_of(self, taken: Taken) -> int:
        """How many images a job has."""
        return self._images[taken.job]

    def waits(self) -> tuple[Floats, Integers]:
        """Of the jobs that are done: seconds from arrival to end, float64, and images, int64."""
        done = [
            (at - arrived, images)
            for at, arrived, images in zip(self._done_at, self._arrives, self._images, strict=True)
            if at is not None
        ]
        return np.array([wait for wait, _ in done], float), np.array([images for _, images in done], np.int64)

    def _restore(self, taken: Taken) -> None:
        taken.is_restored = True
        self.running -= 1
        self._waiting.appendleft(taken.job)  # Celery puts it where it is taken next
