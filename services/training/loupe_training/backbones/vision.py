"""Backbones of torchvision. Their weights are downloaded from PyTorch's site when they are asked for."""

from typing import Any

from torch import nn
from torchvision import models

from loupe_training.backbones.backbone import Backbone, State

# ImageNet's, of 0 to 255.
MEAN, SCALE = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def _residual(network: Any) -> list[nn.Module]:  # noqa: ANN401  (torchvision has no types here)
    """He et al. (2015)."""
    stem = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
    return [stem, network.layer1, network.layer2, network.layer3, network.layer4]


def _features(network: Any) -> list[nn.Module]:  # noqa: ANN401
    """EfficientNet (Tan & Le, 2019) and MobileNetV3 (Howard et al., 2019), without the layers after the pooling."""
    return list(network.features)


def _normalised_features(network: Any) -> list[nn.Module]:  # noqa: ANN401
    """ConvNeXt (Liu et al., 2022), with its last norm before the pooling in place of after it."""
    return [*network.features, network.classifier[0]]


def _vision(name: str, embedding_size: int, stages: Any) -> Backbone:  # noqa: ANN401  (a function of the above)
    weights = models.get_model_weights(name).IMAGENET1K_V1

    def build(size: int) -> nn.Module:  # noqa: ARG001  (these take any size)
        network: nn.Module = models.get_model(name, weights=None)
        return network

    def published() -> State:
        state: State = weights.get_state_dict(progress=False, check_hash=True)
        return state

    return Backbone(
        name=name.replace("_", "-"),
        embedding_size=embedding_size,
        size=224,
        mean=MEAN,
        scale=SCALE,
        origin=f"torchvision {name} IMAGENET1K_V1 (ImageNet-1k)",
        licence="BSD-3-Clause",
        build=build,
        published=published,
        stages=stages,
    )


VISION = (
    _vision("resnet18", 512, _residual),
    _vision("resnet50", 2048, _residual),
    _vision("efficientnet_b0", 1280, _features),
    _vision("mobilenet_v3_large", 960, _features),
    _vision("convnext_tiny", 768, _normalised_features),
)
