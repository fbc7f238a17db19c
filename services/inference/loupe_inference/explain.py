"""From a model's numbers to what a person reads."""

import numpy as np
import numpy.typing as npt

from loupe_inference.session import Floats
from loupe_shared.result import Prediction

TOP = 5


def top_predictions(probabilities: Floats, labels: tuple[str, ...]) -> list[tuple[Prediction, ...]]:
    """The most probable labels of each image, best first. ``probabilities`` is ``float32[N, labels]``."""
    count = min(TOP, len(labels))
    best = np.argpartition(-probabilities, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(probabilities, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    # The sum of float32 exponentials can exceed 1 in the last digit.
    scores = np.minimum(np.take_along_axis(probabilities, best, axis=1), 1.0)
    return [
        tuple(Prediction(label=labels[place], score=score) for place, score in zip(places, of_places, strict=True))
        for places, of_places in zip(best.tolist(), scores.tolist(), strict=True)
    ]


def heatmaps(activation_maps: Floats) -> list[tuple[tuple[int, ...], ...]]:
    """Class-activation maps as rows of 0 (no evidence for the label) to 255 (the strongest in the image).

    ``activation_maps`` is ``float32[N, rows, columns]``.
    """
    evidence = np.maximum(activation_maps, 0.0)
    peaks = evidence.max(axis=(1, 2), keepdims=True)
    scaled: npt.NDArray[np.uint8] = np.rint(evidence * (255.0 / np.where(peaks > 0, peaks, 1.0))).astype(np.uint8)
    return [tuple(map(tuple, rows)) for rows in scaled.tolist()]
