"""The bundle of a network."""

import numpy as np
import torch
from torch import Tensor, nn

from loupe_shared.preprocess import Pixels
from loupe_training.evaluation.answers import Floats
from loupe_training.export.explained import OUTPUTS, explain
from loupe_training.network import Classifier


class Explained(nn.Module):  # type: ignore[misc]  # torch is not where types are checked
    """A network from raw pixels to probabilities, embedding and activation map.

    Args:
        network: trained.
        temperature: by which its logits are divided; it goes into the head, so the graph has no operation more.
    """

    def __init__(self, network: Classifier, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.head = nn.Linear(network.head.in_features, network.head.out_features)
        with torch.no_grad():
            self.head.weight.copy_(network.head.weight / temperature)
            self.head.bias.copy_(network.head.bias / temperature)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``uint8[N, size, size, 3]`` to what ``explain`` gives."""
        return explain(self.network.features(self.network.first_features(images)), self.head)

    def answer(self, pixels: Pixels) -> dict[str, Floats]:
        """What torch itself says of ``uint8[N, size, size, 3]``, by output."""
        with torch.inference_mode():
            outputs = self(torch.from_numpy(np.ascontiguousarray(pixels)))
        return {name: output.numpy() for name, output in zip(OUTPUTS, outputs, strict=True)}
