"""How often a model is right, and for which labels.

Every function takes ``targets``, the true labels as numbers, ``int64[N]``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe_training.evaluation.answers import Answers, Integers
from loupe_training.evaluation.resampling import Counts, Interval, drawn_anew, groups_of, interval, number_of


@dataclass(frozen=True)
class OfLabel:
    """Figures of one label against all others; none where there is nothing to count.

    Attributes:
        support: pictures that truly have it.
    """

    label: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None
    auc: float | None


@dataclass(frozen=True)
class Metrics:
    """Figures of all pictures.

    Attributes:
        groups: into which the pictures fall, and by which they are drawn for the intervals.
        auc: the mean of the labels' areas under the ROC curve, one against the others.
    """

    groups: int
    accuracy: Interval
    balanced_accuracy: Interval
    auc: Interval
    of_labels: tuple[OfLabel, ...]


def measure(answers: Answers, seed: int = 0) -> Metrics:
    """All figures. Intervals are of the figures over groups of pictures that are drawn anew (cluster bootstrap)."""
    targets, right = answers.targets, answers.predicted == answers.targets
    areas = Areas(answers)
    groups = groups_of(answers.samples)
    draws = list(drawn_anew(groups, seed))

    def with_interval(figure: Callable[[Counts], float]) -> Interval:
        return interval(figure(np.ones_like(groups)), [figure(counts) for counts in draws], groups)

    return Metrics(
        groups=number_of(groups),
        accuracy=with_interval(lambda counts: float(np.average(right, weights=counts))),
        balanced_accuracy=with_interval(lambda counts: balanced_accuracy(targets, right, counts)),
        auc=with_interval(areas.mean),
        of_labels=tuple(_of_label(answers, number, areas) for number in range(len(answers.labels))),
    )


def confusion(targets: Integers, predicted: Integers, labels: int) -> Integers:
    """How many pictures of each label were given each label, ``int64[labels, labels]``: rows are the truth."""
    counts = np.zeros((labels, labels), np.int64)
    np.add.at(counts, (targets, predicted), 1)
    return counts


def balanced_accuracy(targets: Integers, right: npt.NDArray[np.bool_], counts: Counts | None = None) -> float:
    """The mean, over the labels that occur, of the part of their pictures that is recognised.

    Args:
        targets: the truth.
        right: whether each picture is recognised.
        counts: how often each picture is counted; once if unset.
    """
    of_each = np.bincount(targets, weights=counts)
    recognised = np.bincount(targets, weights=right * (1 if counts is None else counts))
    occur = of_each > 0
    return float((recognised[occur] / of_each[occur]).mean())


class Areas:
    """Areas under the ROC curves of the labels, each against the others.

    An area is how often a positive's score exceeds a negative's, where ties count half (Mann & Whitney, 1947).
    """

    def __init__(self, answers: Answers) -> None:
        self._positive = [answers.targets == number for number in range(len(answers.labels))]
        self._ranks = [np.unique(scores, return_inverse=True)[1] for scores in answers.probabilities.T]
        self._all = np.ones(len(answers.targets), np.int64)

    def of(self, number: int, counts: Counts | None = None) -> float | None:
        """The area of a label; None if all pictures have it, or none has."""
        weights = self._all if counts is None else counts
        ranks, positive = self._ranks[number], self._positive[number]
        positives = np.bincount(ranks, weights=weights * positive)
        negatives = np.bincount(ranks, weights=weights * ~positive)
        pairs = positives.sum() * negatives.sum()
        below = np.cumsum(negatives) - negatives / 2
        return float((positives * below).sum() / pairs) if pairs else None

    def mean(self, counts: Counts | None = None) -> float:
        """The mean over the labels that have one; chance level if none has."""
        areas = [self.of(number, counts) for number in range(len(self._positive))]
        return float(np.mean([area for area in areas if area is not None] or [0.5]))


def _of_label(answers: Answers, number: int, areas: Areas) -> OfLabel:
    truly, said = answers.targets == number, answers.predicted == number
    right = int((truly & said).sum())
    support, claimed = int(truly.sum()), int(said.sum())
    return OfLabel(
        label=answers.labels[number],
        support=support,
        precision=right / claimed if claimed else None,
        recall=right / support if support else None,
        f1=2 * right / (support + claimed) if support + claimed else None,
        auc=areas.of(number),
    )
