"""The bundle against the network that it was made from. Needs torch, which only `make model` installs."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from loupe_shared.bundle import Bundle, sha256
from loupe_shared.preprocess import Pixels, decode_into

BUNDLE = Path(__file__).parent
SAMPLES = BUNDLE.parent.parent / "samples"

torch = pytest.importorskip("torch", reason="torch is not installed here: `make model` runs this test with it")

sys.path.insert(0, str(BUNDLE))
import export  # noqa: E402  (the script beside the model)


@pytest.fixture(scope="module")
def photos() -> Pixels:
    """The sample photos as the model takes them."""
    rule = Bundle.load(BUNDLE).manifest.preprocessing
    files = sorted(file for file in SAMPLES.iterdir() if file.suffix != ".csv")
    pixels = np.empty((len(files), rule.size, rule.size, 3), np.uint8)
    for place, file in zip(pixels, files, strict=True):
        decode_into(place, file.read_bytes(), rule, 10**8)
    return pixels


@pytest.fixture(scope="module")
def onnx(photos: Pixels) -> dict[str, Any]:
    """What the bundle says of them."""
    session = onnxruntime.InferenceSession(str(BUNDLE / "model.onnx"), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"images": photos}), strict=True))


@pytest.fixture(scope="module")
def reference(photos: Pixels) -> dict[str, Any]:
    """What torch says of them, step by step and without any code of the export's."""
    network = export.load_network()
    with torch.no_grad():
        features = network.extract_features((torch.from_numpy(photos).permute(0, 3, 1, 2).float() - 127) / 128)
        logits = network((torch.from_numpy(photos).permute(0, 3, 1, 2).float() - 127) / 128)
    return {"features": features.numpy(), "logits": logits.numpy(), "head": network._fc.weight.detach().numpy()}  # noqa: SLF001


def test_logits(onnx: dict[str, Any], reference: dict[str, Any]) -> None:
    """The graph ends in a softmax, which loses a constant of each row: compare what is left."""
    logits = np.log(onnx["probabilities"].astype(np.float64))
    expected = reference["logits"].astype(np.float64)
    difference = (logits - logits.mean(axis=1, keepdims=True)) - (expected - expected.mean(axis=1, keepdims=True))
    assert np.abs(difference).max() < 1e-4


def test_embedding(onnx: dict[str, Any], reference: dict[str, Any]) -> None:
    assert np.abs(onnx["embedding"] - reference["features"].mean(axis=(2, 3))).max() < 1e-4


def test_activation_map_against_one_made_by_hand(onnx: dict[str, Any], reference: dict[str, Any]) -> None:
    """Zhou et al. (2016), equation 2: at each place, the features weighted by the label's row of the head."""
    for place, logits in enumerate(reference["logits"]):
        weights = reference["head"][logits.argmax()]
        by_hand = np.zeros((7, 7))
        for channel, weight in enumerate(weights):
            by_hand += weight * reference["features"][place, channel]
        assert np.abs(onnx["activation_map"][place] - by_hand).max() < 1e-3


def test_the_export_is_reproduced_byte_for_byte(tmp_path: Path) -> None:
    export.export(tmp_path)
    assert sha256(tmp_path / "model.onnx") == sha256(BUNDLE / "model.onnx")
    made, kept = (Bundle.load(folder).manifest for folder in (tmp_path, BUNDLE))
    assert made.model_dump(exclude={"files", "quantization"}) == kept.model_dump(exclude={"files", "quantization"})
