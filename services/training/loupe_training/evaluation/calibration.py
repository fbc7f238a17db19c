"""Whether a score of 0.9 is right nine times of ten, and how it is made so.

Temperature scaling (Guo et al., *On Calibration of Modern Neural Networks*, 2017): all logits are divided by one
number, chosen on pictures that the model did not learn from. It changes no order, so no answer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe_training.evaluation.answers import Floats, Integers

BINS = 10
SMALLEST, LARGEST = 0.05, 20.0
GOLDEN = (5**0.5 - 1) / 2
STEPS = 60
TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Bin:
    """Pictures with scores in a range.

    Attributes:
        score: the mean score of the most probable label; none if there is no picture.
        accuracy: the part of which that label is right; none if there is no picture.
    """

    low: float
    high: float
    count: int
    score: float | None
    accuracy: float | None


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities, ``float32[N, labels]``."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


def logits_of(probabilities: Floats) -> Floats:
    """Logits that give these probabilities."""
    logits: Floats = np.log(np.maximum(probabilities, TINY))
    return logits


def log_loss(probabilities: Floats, targets: Integers) -> float:
    """The mean of -log of the true label's probability."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(targets)), targets], TINY), dtype=np.float64).mean())


def fit_temperature(logits: Floats, targets: Integers) -> float:
    """The temperature with the least loss, by golden-section search over its logarithm: the loss has one minimum."""

    def loss(log_temperature: float) -> float:
        return log_loss(softmax(logits, float(np.exp(log_temperature))), targets)

    low, high = float(np.log(SMALLEST)), float(np.log(LARGEST))
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    of_left, of_right = loss(left), loss(right)
    for _ in range(STEPS):
        if of_left < of_right:
            high, right, of_right = right, left, of_left
            left = high - GOLDEN * (high - low)
            of_left = loss(left)
        else:
            low, left, of_left = left, right, of_right
            right = low + GOLDEN * (high - low)
            of_right = loss(right)
    return float(np.exp((low + high) / 2))


def reliability(probabilities: Floats, targets: Integers) -> tuple[Bin, ...]:
    """Pictures by the score of their most probable label, in ten ranges of equal width."""
    scores: npt.NDArray[np.float64] = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == targets
    of = np.minimum((scores * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            count=int(inside.sum()),
            score=float(scores[inside].mean()) if inside.any() else None,
            accuracy=float(right[inside].mean()) if inside.any() else None,
        )
        for number, inside in ((number, of == number) for number in range(BINS))
    )


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """ECE: by how much score and accuracy differ, in the mean over pictures (Naeini et al., 2015)."""
    total = sum(one.count for one in bins)
    return sum(
        one.count * abs(one.score - one.accuracy) for one in bins if one.score is not None and one.accuracy is not None
    ) / max(1, total)
