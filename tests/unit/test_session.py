"""The real model: right answers on real photos, and refusals of what is not as it should be."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from loupe_inference.explain import heatmaps, top_predictions
from loupe_inference.runtime import PROVIDERS, Device, Runtime
from loupe_inference.session import OnnxSession
from loupe_shared.bundle import Bundle, sha256
from loupe_shared.errors import ConfigurationError, InvalidBundle
from loupe_shared.preprocess import Pixels, decode_into
from loupe_shared.result import Precision
from tests.factories import BUNDLE, SAMPLES

# What the published weights say of these photos, measured with torch.
EXPECTED = {
    "chelsea.png": ("tiger cat", 0.39),
    "coffee.png": ("espresso", 0.95),
    "rocket.jpg": ("missile", 0.30),
    "camera.png": ("tripod", 0.94),
    "china.jpg": ("palace", 0.32),
    "flower.jpg": ("daisy", 0.36),
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The bundle that Loupe comes with."""
    return Bundle.load(BUNDLE)


@pytest.fixture(scope="module")
def session(bundle: Bundle) -> OnnxSession:
    """Its model, loaded."""
    return OnnxSession(bundle, Precision.FP32, Runtime(threads=2), max_batch_size=8)


@pytest.fixture(scope="module")
def batch(bundle: Bundle) -> Pixels:
    """The photos, in the order of ``EXPECTED``."""
    size = bundle.manifest.preprocessing.size
    pixels = np.empty((len(EXPECTED), size, size, 3), np.uint8)
    for place, name in zip(pixels, EXPECTED, strict=True):
        decode_into(place, (SAMPLES / name).read_bytes(), bundle.manifest.preprocessing, 10**8)
    return pixels


def test_right_answers_in_the_order_of_the_batch(session: OnnxSession, bundle: Bundle, batch: Pixels) -> None:
    outputs = session.run(batch)
    best = [predictions[0] for predictions in top_predictions(outputs.probabilities, bundle.manifest.labels)]
    assert [p.label for p in best] == [label for label, _ in EXPECTED.values()]
    assert [p.score for p in best] == pytest.approx([score for _, score in EXPECTED.values()], abs=0.02)
    assert outputs.probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_batch_says_what_its_images_say_alone(session: OnnxSession, batch: Pixels) -> None:
    together = session.run(batch)
    for place in range(len(batch)):
        alone = session.run(batch[place : place + 1])
        assert alone.probabilities[0] == pytest.approx(together.probabilities[place], abs=1e-5)
        assert alone.activation_map[0] == pytest.approx(together.activation_map[place], abs=1e-3)


def test_heatmaps_point_at_what_was_seen(session: OnnxSession, bundle: Bundle, batch: Pixels) -> None:
    """A photo beside an empty field: the strongest evidence lies in the half with the photo."""
    coffee = batch[list(EXPECTED).index("coffee.png")]
    half = coffee[::2, ::2]
    for left in (0, 112):
        scene = np.full((1, 224, 224, 3), 127, np.uint8)
        scene[0, 56:168, left : left + 112] = half
        outputs = session.run(scene)
        assert top_predictions(outputs.probabilities, bundle.manifest.labels)[0][0].label in ("espresso", "cup")
        rows = np.array(heatmaps(outputs.activation_map)[0])
        _, column = np.unravel_index(rows.argmax(), rows.shape)
        assert (column < 3.5) == (left == 0)


def test_heatmaps_are_bytes_from_none_to_most_of_each_image() -> None:
    maps = np.array([[[-3.0, 0.0], [1.0, 2.0]], [[-1.0, -1.0], [-1.0, -1.0]], [[8.0, 4.0], [0.0, 0.0]]], np.float32)
    assert heatmaps(maps) == [((0, 0), (128, 255)), ((0, 0), (0, 0)), ((255, 128), (0, 0))]


def test_fewer_labels_than_are_shown() -> None:
    (first, second) = top_predictions(np.array([[0.2, 0.8], [1.0000001, 0.0]], np.float32), ("sound", "defect"))
    assert [p.label for p in first] == ["defect", "sound"]
    assert [p.score for p in second] == [1.0, 0.0]


def test_the_five_best_in_their_order() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(50), 20).astype(np.float32)
    labels = tuple(map(str, range(50)))
    for predictions, row in zip(top_predictions(probabilities, labels), probabilities, strict=True):
        assert [int(p.label) for p in predictions] == np.argsort(-row)[:5].tolist()


def test_a_gpu_that_is_not_there(bundle: Bundle) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_DEVICE is cuda"):
        OnnxSession(bundle, Precision.FP32, Runtime("cuda"), max_batch_size=1)


@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_gpu_build_that_falls_back_to_the_cpu(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: Device
) -> None:
    """Without a driver the GPU build lists CUDA, logs that it cannot be used, and runs on the CPU."""
    load = onnxruntime.InferenceSession

    def load_without_driver(path: str, options: object, providers: list[tuple[str, object]]) -> object:
        assert [name for name, _ in providers] == list(PROVIDERS[device])
        return load(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: list(PROVIDERS["tensorrt"]))
    monkeypatch.setattr("onnxruntime.preload_dlls", lambda: None)
    monkeypatch.setattr("onnxruntime.InferenceSession", load_without_driver)
    with pytest.raises(ConfigurationError, match="cannot use a GPU here"):
        OnnxSession(bundle, Precision.FP32, Runtime(device, tensorrt_cache=tmp_path), max_batch_size=1)


def test_what_a_gpu_is_told(tmp_path: Path) -> None:
    runtime = Runtime("tensorrt", gpu_memory_mb=100, tensorrt_cache=tmp_path, cuda_convolution_search="heuristic")
    (first, tensorrt), (second, cuda) = runtime.providers("images", (224, 224, 3), 48)
    assert (first, second) == PROVIDERS["tensorrt"]
    assert tensorrt["trt_profile_min_shapes"] == "images:1x224x224x3"
    assert tensorrt["trt_profile_opt_shapes"] == tensorrt["trt_profile_max_shapes"] == "images:48x224x224x3"
    assert tensorrt["trt_engine_cache_path"] == str(tmp_path)
    assert cuda["cudnn_conv_algo_search"] == "HEURISTIC"
    assert cuda["gpu_mem_limit"] == str(100 * 1024 * 1024)
    assert runtime.buckets(48) == [1, 2, 4, 8, 16, 32, 48]


def test_a_batch_that_is_filled_up_says_the_same(
    session: OnnxSession, bundle: Bundle, batch: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: six images fill a bucket of eight, and outputs are bound."""
    filled = OnnxSession(bundle, Precision.FP32, Runtime(), max_batch_size=1)
    monkeypatch.setattr(filled, "_buckets", [8])
    monkeypatch.setattr(filled, "_on_gpu", True)
    found, expected = filled.run(batch), session.run(batch)
    assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-5)
    assert found.activation_map == pytest.approx(expected.activation_map, abs=1e-3)


def test_an_int8_graph_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no accepted int8 graph"):
        OnnxSession(broken(tmp_path), Precision.INT8, Runtime(), max_batch_size=1)


def broken(tmp_path: Path, model: bytes | None = None, labels: list[str] | None = None) -> Bundle:
    """A bundle whose manifest fits its files, but whose model is wrong."""
    folder = Path(shutil.copytree(BUNDLE, tmp_path / "bundle"))
    if model is not None:
        (folder / "model.onnx").write_bytes(model)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {"model.onnx": sha256(folder / "model.onnx")}
    manifest["quantization"] = None
    manifest["labels"] = labels or manifest["labels"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Bundle.load(folder)


@pytest.mark.parametrize("model", [b"", b"not a model", (BUNDLE / "model.onnx").read_bytes()[:-1_000_000]])
def test_a_model_that_is_none(tmp_path: Path, model: bytes) -> None:
    with pytest.raises(InvalidBundle, match="cannot be loaded"):
        OnnxSession(broken(tmp_path, model), Precision.FP32, Runtime(), max_batch_size=1)


def test_a_model_with_other_labels(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle, match="the manifest has 2 labels"):
        OnnxSession(broken(tmp_path, labels=["a", "b"]), Precision.FP32, Runtime(), max_batch_size=1)
