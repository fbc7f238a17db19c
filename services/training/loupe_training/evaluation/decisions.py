"""From scores to decisions: what to call a label when errors differ in cost, and what to leave to people.

All choices are made on the validation split, and their effect is told of the test split.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe_training.evaluation.answers import Answers, Floats

MARGIN = 1e-6  # beyond the scores 0 and 1, so that all pictures can be called so, and none

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """A score from which on a picture is called by a label.

    Attributes:
        cost_of_miss: what a picture costs that has the label and is not called so; a false alarm costs 1.
        threshold: the score, of the least cost on the validation split.
        misses: on the test split.
        false_alarms: on the test split.
        cost: of both, for each picture of the test split.
        cost_at_half: the same with 0.5 in place of the threshold.
    """

    label: str
    cost_of_miss: float
    threshold: float
    misses: int
    false_alarms: int
    cost: float
    cost_at_half: float


@dataclass(frozen=True)
class Rejection:
    """Leaving pictures with low scores to people.

    Attributes:
        wanted: the accuracy that the others are to have.
        threshold: of the score, the least that gave it on the validation split; none if no score did.
        coverage: part of the test split that is not left to people.
        accuracy: of that part; none if there is nothing in it.
    """

    wanted: float
    threshold: float | None
    coverage: float
    accuracy: float | None


@dataclass(frozen=True)
class Coverage:
    """If this part of the pictures, those with the highest scores, is not left to people, how many are right."""

    coverage: float
    accuracy: float


def thresholds(validation: Answers, test: Answers, costs: Mapping[str, float]) -> tuple[Threshold, ...]:
    """The threshold of each label, of the least cost on the validation split.

    Args:
        validation: to choose by.
        test: to tell the effect of.
        costs: of a missed picture by label, 1 for those that are not named.
    """
    return tuple(
        _threshold(validation, test, number, costs.get(label, 1.0)) for number, label in enumerate(test.labels)
    )


def least_cost(truly: Booleans, scores: Floats, cost_of_miss: float) -> float:
    """The threshold with the least cost of misses and false alarms; of several, the middle of the widest range."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    found = np.concatenate([[0], np.cumsum(truly[order])])
    alarms = np.arange(len(scores) + 1) - found
    cost = (truly.sum() - found) * cost_of_miss + alarms
    # Calling the first k so needs a threshold between the k-th score and the next.
    bounds = np.concatenate([[1 + MARGIN], ranked, [-MARGIN]])
    width = bounds[:-1] - bounds[1:]
    # Equal scores are told apart by no threshold; all of them or none can be called so.
    cost = np.where(width > 0, cost, np.inf)
    best = np.flatnonzero(cost == cost.min())
    chosen = best[np.argmax(width[best])]
    return max(0.0, float((bounds[chosen] + bounds[chosen + 1]) / 2))


def reject(validation: Answers, test: Answers, wanted: float) -> Rejection:
    """The lowest threshold at which pictures of the validation split that reach it are right as often as wanted."""
    scores = validation.probabilities.max(axis=1)
    order = np.argsort(-scores, kind="stable")
    right = (validation.predicted == validation.targets)[order]
    accuracy = np.cumsum(right) / np.arange(1, len(right) + 1)
    ranked = scores[order]
    ends = np.append(ranked[1:] != ranked[:-1], True)  # equal scores are accepted together
    enough = np.flatnonzero((accuracy >= wanted) & ends)
    if not len(enough):
        return Rejection(wanted, None, 0.0, None)
    threshold = float(ranked[enough[-1]])
    kept = test.probabilities.max(axis=1) >= threshold
    of_kept = (test.predicted == test.targets)[kept]
    return Rejection(wanted, threshold, float(kept.mean()), float(of_kept.mean()) if len(of_kept) else None)


def coverage_curve(test: Answers, points: int = 50) -> tuple[Coverage, ...]:
    """Accuracy by coverage."""
    order = np.argsort(-test.probabilities.max(axis=1), kind="stable")
    right = np.cumsum((test.predicted == test.targets)[order])
    counts = np.unique(np.linspace(1, len(right), min(points, len(right))).astype(int))
    return tuple(Coverage(count / len(right), float(right[count - 1] / count)) for count in counts.tolist())


def _threshold(validation: Answers, test: Answers, number: int, cost_of_miss: float) -> Threshold:
    threshold = least_cost(validation.targets == number, validation.probabilities[:, number], cost_of_miss)
    truly, scores = test.targets == number, test.probabilities[:, number]

    def errors(bound: float) -> tuple[int, int]:
        called = scores >= bound
        return int((truly & ~called).sum()), int((~truly & called).sum())

    def cost(bound: float) -> float:
        misses, false_alarms = errors(bound)
        return (misses * cost_of_miss + false_alarms) / len(truly)

    misses, false_alarms = errors(threshold)
    return Threshold(test.labels[number], cost_of_miss, threshold, misses, false_alarms, cost(threshold), cost(0.5))
