"""What the trained stages learn from: the frozen stages' output, kept for every view, or computed when it is needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from loupe_shared.errors import ConfigurationError
from loupe_shared.preprocess import Pixels
from loupe_training.network import Classifier
from loupe_training.scratch import room
from loupe_training.training.plan import Plan
from loupe_training.training.views import COUNTS, lit, view

BATCH_SIZE = 8


class Features(Protocol):
    """Input of the trained stages."""

    def batch(self, places: Tensor, views: Tensor, generator: torch.Generator) -> Tensor:
        """Of the pictures at these places, each in a view of its own: ``float32[N, channels, rows, columns]``."""


class FreshFeatures:
    """Computed when they are asked for."""

    def __init__(self, network: Classifier, pixels: Pixels, light: float, device: torch.device) -> None:
        self._network, self._pixels, self._light, self._device = network, pixels, light, device

    def batch(self, places: Tensor, views: Tensor, generator: torch.Generator) -> Tensor:
        """See ``Features.batch``."""
        images = torch.from_numpy(self._pixels[places.numpy()])
        shown = torch.stack(
            [view(image[None], number)[0] for image, number in zip(images, views.tolist(), strict=True)]
        )
        if self._light:
            shown = lit(shown, self._light, generator)
        return self._network.first_features(shown.to(self._device))


class KeptFeatures:
    """Computed once for every view, and kept in half precision in a file that is gone with the process.

    Args:
        network: whose frozen stages compute them.
        pixels: the pictures.
        views: how many views there are.
        scratch: folder with room for them.
        device: that computes them.
        progress: told of how many more are done.

    Raises:
        ConfigurationError: the disk has no room.
    """

    def __init__(
        self,
        network: Classifier,
        pixels: Pixels,
        views: int,
        scratch: Path,
        device: torch.device,
        progress: Callable[[int], None],
    ) -> None:
        self._device = device
        with torch.inference_mode():
            one = network.first_features(torch.from_numpy(pixels[:1]).to(device))
            # Channels last, as the layers want them.
            shape = (views, len(pixels), one.shape[2], one.shape[3], one.shape[1])
            try:
                self._kept = room(shape, np.dtype(np.float16), scratch)
            except ConfigurationError as error:
                raise ConfigurationError(f"{error}, or --frozen-stages 0, which keeps nothing") from error
            for number in range(views):
                for start in range(0, len(pixels), BATCH_SIZE):
                    shown = view(torch.from_numpy(pixels[start : start + BATCH_SIZE]), number)
                    first = network.first_features(shown.to(device)).permute(0, 2, 3, 1)
                    self._kept[number, start : start + BATCH_SIZE] = first.to(torch.float16).cpu().numpy()
                    progress(len(shown))

    def batch(self, places: Tensor, views: Tensor, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """See ``Features.batch``."""
        kept = torch.from_numpy(self._kept[views.numpy(), places.numpy()])
        return kept.to(self._device, torch.float32).permute(0, 3, 1, 2)


def features_of(
    network: Classifier,
    pixels: Pixels,
    plan: Plan,
    scratch: Path,
    device: torch.device,
    progress: Callable[[int], None],
) -> Features:
    """Kept ones, if there are frozen stages and every view is known beforehand."""
    if plan.frozen_stages and not plan.light:
        return KeptFeatures(network, pixels, COUNTS[plan.views], scratch, device, progress)
    return FreshFeatures(network, pixels, plan.light, device)
