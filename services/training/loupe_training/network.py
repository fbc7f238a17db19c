"""A backbone with a linear head: what is trained, and what is exported."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from loupe_training.backbones import Backbone
from loupe_training.evaluation.answers import Floats


class Classifier(nn.Module):  # type: ignore[misc]  # torch is not where types are checked
    """From raw pixels to the labels' scores.

    Args:
        backbone: says how pixels are normalised.
        stages: its parts.
        labels: how many there are.
        frozen: how many of the stages, from the first, are not trained.
    """

    def __init__(self, backbone: Backbone, stages: Sequence[nn.Module], labels: int, frozen: int = 0) -> None:
        super().__init__()
        self.frozen_stages = nn.Sequential(*stages[:frozen])
        self.trained_stages = nn.Sequential(*stages[frozen:])
        self.head = nn.Linear(backbone.embedding_size, labels)
        self.register_buffer("mean", torch.tensor(backbone.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(backbone.scale).view(1, 3, 1, 1), persistent=False)
        self.frozen_stages.requires_grad_(requires_grad=False)
        self.to(memory_format=torch.channels_last)

    def take_head(self, weights: Floats, bias: Floats) -> None:
        """Begin with this head: ``float32[labels, embedding_size]`` and ``float32[labels]``."""
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weights))
            self.head.bias.copy_(torch.from_numpy(bias))

    def first_features(self, images: Tensor) -> Tensor:
        """``uint8[N, size, size, 3]`` to what the frozen stages make of it: ``float32[N, channels, rows, columns]``."""
        pixels: Tensor = (images.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.scale
        features: Tensor = self.frozen_stages(pixels)
        return features

    def features(self, first: Tensor) -> Tensor:
        """What ``first_features`` gives to the last feature maps."""
        features: Tensor = self.trained_stages(first)
        return features

    def embedding(self, images: Tensor) -> Tensor:
        """``uint8[N, size, size, 3]`` to ``float32[N, embedding_size]``."""
        return pooled(self.features(self.first_features(images)))

    def forward(self, images: Tensor) -> Tensor:
        """``uint8[N, size, size, 3]`` to logits, ``float32[N, labels]``."""
        logits: Tensor = self.head(self.embedding(images))
        return logits


def pooled(features: Tensor) -> Tensor:
    """The mean over all places."""
    return features.mean(dim=(2, 3))
