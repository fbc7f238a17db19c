"""From a model's numbers to what a person reads."""

import numpy as np
import numpy.typing as npt

from loupe_inference.session import Floats
from loupe_shared.domain import Prediction

TOP = 5


def top_predictions(probabilities: Floats, labels: tuple[str, ...]) -> tuple[Prediction, ...]:
    """The most probable labels of one image, best first. ``probabilities`` is ``float32[labels]``."""
    count = min(TOP, len(labels))
    best = np.argpartition(-probabilities, count - 1)[:count]
    best = best[np.argsort(-probabilities[best], kind="stable")]
    # The sum of float32 exponentials can exceed 1 in the last digit.
    return tuple(Prediction(label=labels[i], score=min(1.0, float(probabilities[i]))) for i in best)


def heatmap(activation_map: Floats) -> tuple[tuple[int, ...], ...]:
    """A class-activation map as rows of 0 (no evidence for the label) to 255 (the strongest)."""
    evidence = np.maximum(activation_map, 0.0)
    peak = float(evidence.max())
    scaled: npt.NDArray[np.uint8] = np.rint(evidence * (255.0 / peak) if peak > 0 else evidence).astype(np.uint8)
    return tuple(tuple(row) for row in scaled.tolist())
