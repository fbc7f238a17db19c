"""The rule by which a picture becomes the pixels that a model sees. It is a part of the model's manifest."""

import hashlib
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from loupe_shared.domain import Model

# Raise this when a change of this package changes pixels: bundles made for another revision then refuse to start.
REVISION = 2

Pixels = npt.NDArray[np.uint8]


class Preprocessing(Model):
    """How a picture becomes a square of pixels.

    Attributes:
        size: edge of the square that the model takes, in pixels.
        crop: edge of the central square that is kept, as a part of the picture's shorter edge.
        resample: filter for the resize to ``size``.
        oversample: a JPEG may be decoded at a reduced scale that still has this many times the pixels per edge
            that the resize needs. More is closer to a full decode; 0 decodes in full.
    """

    size: int = Field(ge=1)
    crop: float = Field(gt=0.0, le=1.0)
    resample: Literal["bilinear", "bicubic"]
    oversample: float = Field(ge=0.0)

    def fingerprint(self) -> str:
        """SHA-256 over the rule and this code's revision."""
        return hashlib.sha256(f"{REVISION}:{self.model_dump_json()}".encode()).hexdigest()

    def kept_box(self, width: int, height: int) -> tuple[float, float, float]:
        """The central square of a picture that is kept: left, top, edge."""
        edge = min(width, height) * self.crop
        return (width - edge) / 2, (height - edge) / 2, edge

    def seen(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The same as left, top, right and bottom, in parts of width and height, to four digits."""
        left, top, edge = self.kept_box(width, height)
        right, bottom = left + edge, top + edge
        return round(left / width, 4), round(top / height, 4), round(right / width, 4), round(bottom / height, 4)

    def jpeg_scale(self, width: int, height: int) -> int:
        """By how much a JPEG of this size may be reduced while it is decoded: 1, 2, 4 or 8."""
        if not self.oversample:
            return 1
        needed = self.oversample * self.size / self.crop
        return next((scale for scale in (8, 4, 2) if min(width, height) >= scale * needed), 1)
