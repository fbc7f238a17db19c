"""Whether heatmaps point at what they are about: the pointing game.

Zhang et al., *Top-Down Neural Attention by Excitation Backprop* (2016).
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from loupe_training.evaluation.answers import Floats

TOLERANCE = 15 / 224  # the paper's 15 pixels, of the size of pictures that networks took then


def points_at(activation_map: Floats, mask: npt.NDArray[np.bool_], tolerance: float = TOLERANCE) -> bool:
    """Whether the strongest place of a map lies on an object, or beside it.

    Args:
        activation_map: ``float32[rows, columns]``, of the picture that the mask is of.
        mask: where the object is, ``bool[size, size]``.
        tolerance: how far beside, in parts of the picture's edge.
    """
    size = mask.shape[0]
    enlarged = np.asarray(
        Image.fromarray(activation_map.astype(np.float32)).resize(mask.shape[::-1], Image.Resampling.BICUBIC)
    )
    row, column = np.unravel_index(int(enlarged.argmax()), enlarged.shape)
    rows, columns = np.nonzero(mask)
    return bool(np.hypot(rows - row, columns - column).min() <= tolerance * size)
