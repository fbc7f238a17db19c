"""Whether one model is better than another on the same pictures, or only luckier."""

from dataclasses import dataclass

import numpy as np

from loupe_training.evaluation.answers import Answers, Integers
from loupe_training.evaluation.metrics import Areas
from loupe_training.evaluation.resampling import Interval, drawn_anew, groups_of, interval, stretch


@dataclass(frozen=True)
class Comparison:
    """A model against another.

    Attributes:
        against: name and version of the other.
        only_this: pictures that this one alone has right.
        only_other: pictures that the other alone has right.
        p_accuracy: how probable a difference in accuracy at least as great is between equals; see ``mcnemar``.
        auc_difference: this one's mean AUC less the other's.
        p_auc: how probable a difference in AUC at least as great is between equals; see ``auc_difference``.
    """

    against: str
    only_this: int
    only_other: int
    p_accuracy: float
    auc_difference: Interval
    p_auc: float


def compare(this: Answers, other: Answers, against: str, seed: int = 0) -> Comparison:
    """Compare two models' answers to the same pictures, in the same order."""
    right, also = this.predicted == this.targets, other.predicted == other.targets
    p_accuracy = mcnemar(right.astype(np.int64) - also, groups_of(this.samples))
    difference, p_auc = auc_difference(this, other, seed)
    return Comparison(against, int((right & ~also).sum()), int((also & ~right).sum()), p_accuracy, difference, p_auc)


def mcnemar(wins: Integers, groups: Integers) -> float:
    """The exact test of McNemar (1947), two-sided, with groups in place of single pictures.

    Of two equals, either could have been the one to win what was won in a group, so each way of exchanging them, group
    by group, is as probable as any other. The value is the part of these ways in which one is as far ahead as it is.
    With a picture in each group, that is McNemar's own test, which takes pictures to be independent of each other.

    Args:
        wins: of each picture, 1 if this model alone is right, -1 if the other alone is, or else 0, ``int64[N]``.
        groups: of each picture; see ``groups_of``.
    """
    leads = np.abs(np.bincount(groups, weights=wins)).astype(np.int64)
    most = int(leads.sum())
    # How probable each sum of the leads is that one of two equals has. Sums are made group by group, since the ways are
    # too many to go through.
    probable = np.zeros(most + 1)
    probable[0] = 1.0
    for lead in leads[leads > 0].tolist():
        probable[lead:] += probable[:-lead].copy()
        probable /= 2
    ahead = np.abs(2 * np.arange(most + 1) - most)
    return float(min(1.0, probable[ahead >= abs(int(wins.sum()))].sum()))


def auc_difference(this: Answers, other: Answers, seed: int = 0) -> tuple[Interval, float]:
    """The difference of the mean AUC, with its interval and its p-value, two-sided.

    Groups of pictures are drawn anew, the same for both (paired bootstrap; Efron & Tibshirani, 1993, chapter 16). What
    is drawn is spread as far for the p-value as for the interval, or a few groups would tell equals apart.
    """
    areas, of_other = Areas(this), Areas(other)
    observed = areas.mean() - of_other.mean()
    groups = groups_of(this.samples)
    drawn = np.array([areas.mean(counts) - of_other.mean(counts) for counts in drawn_anew(groups, seed)])
    beyond = int((np.abs(drawn - drawn.mean()) * stretch(groups) >= abs(observed)).sum())
    return interval(observed, drawn.tolist(), groups), (beyond + 1) / (len(drawn) + 1)
