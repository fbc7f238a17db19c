"""The views of a picture: mirrored, and turned by quarters. No pixel is invented, and the set of them is small."""

import torch
from torch import Tensor

from loupe_training.training.plan import Views

COUNTS = {Views.ONE: 1, Views.MIRRORED: 2, Views.TURNED: 8}
MID = 127.5


def view(images: Tensor, number: int) -> Tensor:
    """One of up to eight views of ``uint8[N, size, size, 3]``: odd ones are mirrored, each two further turned."""
    turned = torch.rot90(images, number // 2, dims=(1, 2)) if number >= 2 else images  # noqa: PLR2004  (two each)
    return torch.flip(turned, dims=(2,)) if number % 2 else turned


def lit(images: Tensor, light: float, generator: torch.Generator) -> Tensor:
    """The same pictures in another light: contrast and brightness of each changed by up to ``light``."""
    contrast, brightness = ((torch.rand((len(images), 1, 1, 1), generator=generator) * 2 - 1) * light for _ in range(2))
    changed = (images.float() - MID) * (1 + contrast) + MID + 255 * brightness
    return changed.round().clamp(0, 255).to(torch.uint8)
