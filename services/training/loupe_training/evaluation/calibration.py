"""Whether a score of 0.9 is right nine times of ten, and how it is made so.

Temperature scaling (Guo et al., *On Calibration of Modern Neural Networks*, 2017): all logits are divided by one
number, chosen on pictures that the model did not learn from. It changes no order, so no answer.

The likelihood alone chooses no number if all those pictures are answered rightly: the surer, the better. So the number
has a weak prior, by which it is near 1 unless pictures speak against it.
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


def log_loss_at(logits: Floats, targets: Integers, temperature: float) -> float:
    """The log loss of logits that are divided by a temperature.

    It is computed without probabilities, of which those near 1 are all the same in ``float32``.
    """
    return _loss_of(_leads(logits, targets), temperature)


def fit_temperature(logits: Floats, targets: Integers) -> float:
    """The most probable temperature, if its logarithm has mean 0 and variance 1 before any picture is seen (MAP).

    Hundreds of pictures of which some are answered wrongly outweigh this prior. If few or none are, they tell little or
    nothing of how often such scores are wrong, and it keeps them from being made surer than the number of pictures
    warrants.

    Args:
        logits: ``float32[N, labels]``, of two labels or more.
        targets: ``int64[N]``.

    Returns:
        Between 0.05 and 20, found by golden-section search over its logarithm.
    """
    leads = _leads(logits, targets)

    def loss(log_temperature: float) -> float:
        return len(targets) * _loss_of(leads, float(np.exp(log_temperature))) + log_temperature**2 / 2

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


def _leads(logits: Floats, targets: Integers) -> npt.NDArray[np.float64]:
    """By how much each label's logit exceeds that of the true one, which has none itself: ``float64[N, labels]``."""
    every = np.arange(len(targets))
    leads = logits.astype(np.float64)
    leads -= leads[every, targets][:, None]
    leads[every, targets] = -np.inf
    return leads


def _loss_of(leads: npt.NDArray[np.float64], temperature: float) -> float:
    highest = leads.max(axis=1)
    others = np.exp((leads - highest[:, None]) / temperature).sum(axis=1)
    return float(np.logaddexp(0.0, highest / temperature + np.log(others)).mean())
