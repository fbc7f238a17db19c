"""Pictures drawn anew, to see by how much a figure could have come out otherwise (bootstrap).

Whole groups are drawn (cluster bootstrap; Davison & Hinkley, *Bootstrap Methods and their Application*, 1997, section
3.8): a split gets them whole, and pictures of one board are right or wrong together more often than those of two. Drawn
one by one, such pictures would seem to say more than they do. A picture that is a group by itself is drawn by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from loupe_training.datasets.snapshot import Sample
from loupe_training.evaluation.answers import Integers

Counts = npt.NDArray[np.int64]

RESAMPLES = 1000
CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Interval:
    """A figure with its interval of 95 % confidence."""

    value: float
    low: float
    high: float


def groups_of(samples: Sequence[Sample]) -> Integers:
    """The number of each sample's group, in the order in which groups first appear, ``int64[N]``."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(sample.group, len(numbers)) for sample in samples], np.int64)


def number_of(groups: Integers) -> int:
    """How many groups there are."""
    return int(groups.max()) + 1


def drawn_anew(groups: Integers, seed: int) -> Iterator[Counts]:
    """How often each picture is drawn when as many groups as there are are drawn with replacement, again and again.

    Args:
        groups: of each picture; see ``groups_of``.
        seed: of what is drawn.
    """
    groups = _units(groups)
    number = number_of(groups)
    chance = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        yield np.bincount(chance.integers(0, number, number), minlength=number)[groups]


def interval(value: float, drawn: Sequence[float], groups: Integers) -> Interval:
    """The interval of a figure.

    Its ends are percentiles of what was drawn, somewhat farther out than 2.5 and 97.5 where groups are few, since such
    draws vary less than the groups that there could have been (Hesterberg, *What Teachers Should Know about the
    Bootstrap*, 2015, section 4.3).

    Args:
        value: the figure, of the pictures as they are.
        drawn: the same figure, for each of ``drawn_anew``.
        groups: of each picture.
    """
    tail = NormalDist().cdf(NormalDist().inv_cdf(TAIL) * stretch(groups))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def stretch(groups: Integers) -> float:
    """How many times as far as what was drawn the groups vary that there could have been; see ``interval``.

    Args:
        groups: of each picture.
    """
    number = number_of(_units(groups))
    if number == 1:
        return 1.0
    return student_quantile(TAIL, number - 1) / NormalDist().inv_cdf(TAIL) * float((number / (number - 1)) ** 0.5)


def student_quantile(share: float, freedom: int) -> float:
    """The quantile of Student's distribution, by its expansion about the normal one (Abramowitz & Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf(share)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def _units(groups: Integers) -> Integers:
    """What is drawn: groups, or pictures if all are of one group, which says nothing of others however it is drawn."""
    return groups if groups.any() else np.arange(len(groups))
