"""What a picture looks like, in 255 bits: near for pictures that a person takes for the same.

A perceptual hash after Zauner, *Implementation and Benchmarking of Perceptual Image Hash Functions* (2010): the signs
of the lowest 16×16 coefficients of the cosine transform of the picture at 64×64 grey pixels, without the first, which
is its brightness. Mirrored or turned by quarters, coefficients only change places and signs, so all eight ways to
lay a picture follow from one transform.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from loupe_shared.preprocess.decode import UPRIGHT, opened, orientation_of, to_8_bit

SIDE, KEPT = 64, 16
BITS = KEPT * KEPT - 1
MAX_PIXELS = 64_000_000  # the workers' default
# Below this standard deviation, in grey levels, a picture has no structure, and the signs would be those of noise.
MIN_CONTRAST = 1.0

Fingerprint = npt.NDArray[np.uint8]
_Matrix = npt.NDArray[np.float64]


def _cosines() -> _Matrix:
    frequencies, places = np.arange(KEPT)[:, None], np.arange(SIDE)[None]
    return np.cos(np.pi * frequencies * (2 * places + 1) / (2 * SIDE))


_COSINES = _cosines()
_ALTERNATING = np.where(np.arange(KEPT) % 2, -1.0, 1.0)


def fingerprint(data: bytes) -> Fingerprint | None:
    """The fingerprint of an image file; none if the picture has no structure.

    Returns:
        ``uint8[8, 32]``: the bits of each way to lay the picture, as it is first.

    Raises:
        ImageRejected: it cannot be decoded, by the decoders that serve, too.
    """
    grey = _grey(data)
    if grey.std() < MIN_CONTRAST:
        return None
    signs = np.stack([laid.ravel() > 0 for laid in _ways(_COSINES @ grey @ _COSINES.T)])
    signs[:, 0] = False
    return np.packbits(signs, axis=1)


def _grey(data: bytes) -> _Matrix:
    with opened(data, MAX_PIXELS) as image:
        orientation = orientation_of(image)
        if image.format == "JPEG":  # decoded at a part of its size, but to the last byte
            image.draft("L" if image.mode == "L" else "RGB", (2 * SIDE, 2 * SIDE))
        small = to_8_bit(image).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else small, dtype=np.float64)


def _ways(coefficients: _Matrix) -> Iterator[_Matrix]:
    for turned in (coefficients, coefficients.T):
        for rows in (turned, turned * _ALTERNATING[:, None]):
            yield rows
            yield rows * _ALTERNATING[None]
