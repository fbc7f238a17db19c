"""What a backbone is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from loupe_shared.errors import ConfigurationError

PUBLISHED, FROM_SCRATCH = "published", "none"

State = dict[str, Any]


@dataclass(frozen=True)
class Backbone:
    """A pretrained network.

    Attributes:
        name: as it is asked for.
        embedding_size: channels of the feature maps.
        size: edge of the pictures that it was pretrained on, in pixels.
        mean: of each channel of these pictures, of 0 to 255, which is subtracted.
        scale: of each channel, by which the rest is divided.
        origin: of the published weights, with their version.
        licence: of the published weights.
        build: the network without its weights, for pictures of a size.
        published: its published weights.
        stages: the chain of its parts from a normalised picture, ``float32[N, 3, size, size]``, to feature maps.
    """

    name: str
    embedding_size: int
    size: int
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    origin: str
    licence: str
    build: Callable[[int], nn.Module]
    published: Callable[[], State]
    stages: Callable[[Any], list[nn.Module]]

    def load(self, weights: str, size: int) -> list[nn.Module]:
        """The stages with weights.

        Args:
            weights: ``published``, ``none``, or the path of a file with a state of the whole network.
            size: edge of the pictures, in pixels.

        Raises:
            ConfigurationError: the weights cannot be had, or are of another network.
        """
        network = self.build(size)
        if weights == FROM_SCRATCH:
            return self.stages(network)
        try:
            state = self.published() if weights == PUBLISHED else _read(Path(weights))
        except Exception as error:  # downloads and unpickling fail in many ways
            raise ConfigurationError(
                f"the weights of {self.name} ({weights}) cannot be had: {str(error).splitlines()[0]}. Give a file with "
                "--weights FILE, choose a backbone whose weights are installed, such as efficientnet-lite0, or train "
                "from scratch with --weights none"
            ) from error
        try:
            network.load_state_dict(state)
        except (RuntimeError, TypeError, AttributeError) as error:
            first = str(error).splitlines()[0]
            raise ConfigurationError(f"{weights} has no weights of {self.name}: {first}") from error
        return self.stages(network)

    def provenance(self, weights: str) -> tuple[str, str]:
        """Where weights are from, and under which licence."""
        if weights == PUBLISHED:
            return self.origin, self.licence
        return (
            ("trained from scratch", "none") if weights == FROM_SCRATCH else (f"file {Path(weights).name}", "unknown")
        )


def _read(path: Path) -> State:
    state: State = torch.load(path, map_location="cpu", weights_only=True)  # runs nothing of what is in the file
    return state
