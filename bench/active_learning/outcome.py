"""How many labels are needed for an accuracy, by the queue and by chance."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.active_learning.study import Run


@dataclass(frozen=True)
class Needed:
    """How many labels two runs of the same first labels needed; none if that was not enough.

    Attributes:
        queue: when the queue chose.
        chance: when chance did.
    """

    seed: int
    queue: float | None
    chance: float | None

    @property
    def ratio(self) -> float | None:
        """The part of chance's labels with which the queue does."""
        return None if self.queue is None or self.chance is None else self.queue / self.chance


def needed(run: Run, accuracy: float) -> float | None:
    """The labels with which a run first had an accuracy, on a straight line between two trainings."""
    before: tuple[int, float] | None = None
    for labels, reached in zip(run.labels, run.accuracy, strict=True):
        if reached >= accuracy:
            if before is None:
                return labels
            part = (accuracy - before[1]) / (reached - before[1])
            return before[0] + part * (labels - before[0])
        before = (labels, reached)
    return None


def compared(runs: Sequence[Run], accuracy: float) -> list[Needed]:
    """What each seed's runs needed."""
    by = {(run.by, run.seed): run for run in runs}
    return [
        Needed(seed, needed(by["queue", seed], accuracy), needed(by["chance", seed], accuracy))
        for seed in sorted({run.seed for run in runs})
    ]
