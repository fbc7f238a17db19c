"""Whether one model is better than another on the same pictures, or only luckier."""

import math
from dataclasses import dataclass

import numpy as np

from loupe_training.evaluation.answers import Answers
from loupe_training.evaluation.metrics import CONFIDENCE, Areas, Interval, drawn_anew


@dataclass(frozen=True)
class Comparison:
    """A model against another.

    Attributes:
        against: name and version of the other.
        only_this: pictures that this one alone has right.
        only_other: pictures that the other alone has right.
        p_accuracy: how probable a difference in accuracy at least as great is between equals (McNemar's exact test).
        auc_difference: this one's mean AUC less the other's.
        p_auc: how probable a difference in AUC at least as great is between equals (paired bootstrap).
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
    only_this, only_other = int((right & ~also).sum()), int((also & ~right).sum())
    difference, p_auc = auc_difference(this, other, seed)
    return Comparison(against, only_this, only_other, mcnemar(only_this, only_other), difference, p_auc)


def mcnemar(only_this: int, only_other: int) -> float:
    """The exact test of McNemar (1947), two-sided: of pictures on which two equals differ, each wins half."""
    differ = only_this + only_other
    tail = sum(math.comb(differ, wins) for wins in range(min(only_this, only_other) + 1))
    return float(min(1.0, 2 * tail / 2**differ)) if differ else 1.0


def auc_difference(this: Answers, other: Answers, seed: int = 0) -> tuple[Interval, float]:
    """The difference of the mean AUC, with its interval and its p-value, two-sided.

    Pictures are drawn anew, the same for both (paired bootstrap; Efron & Tibshirani, 1993, chapter 16).
    """
    areas, of_other = Areas(this), Areas(other)
    observed = areas.mean() - of_other.mean()
    draws = drawn_anew(len(this.targets), seed)
    drawn = np.array([areas.mean(counts) - of_other.mean(counts) for counts in draws])
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    beyond = int((np.abs(drawn - drawn.mean()) >= abs(observed)).sum())
    return Interval(observed, float(low), float(high)), (beyond + 1) / (len(drawn) + 1)
