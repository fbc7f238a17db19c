"""Makes the int8 graph of a bundle from real pictures, and accepts it only if it is good enough: ``make quantize``.

    python models/quantize.py BUNDLE PICTURES

PICTURES is a folder with pictures and ``labels.csv``, which says what is on each (columns file and label).

Static quantization (QDQ format): weights as signed bytes with a scale per channel, activations as unsigned bytes whose
range is the widest seen over parts of the pictures. Per tensor instead of per channel, two answers of five change. The
first three convolutions keep float: in int8 they change scores half as much as all others together, and float costs no
time there.

The gate compares both graphs over other, mirrored parts of the pictures. Its figures go into the manifest.
"""

import csv
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image, ImageOps

from loupe_shared.bundle import MANIFEST_FILE, QUANTIZED_FILE, Bundle, Manifest, sha256
from loupe_shared.card import QuantizationGate
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into
from loupe_shared.result import Precision

INPUT = "images"
FLOAT_CONVOLUTIONS = 3
CALIBRATION_PARTS, GATE_PARTS = 240, 480
BATCH_SIZE = 4
SURE = 0.3

# Parts of at least this share of a picture's height or width still show what its label says.
LABELLED_SHARE = 0.85
SMALLEST_SHARE = 0.3

MIN_AGREEMENT = 0.9
MIN_AGREEMENT_WHEN_SURE = 0.97
MAX_ACCURACY_LOSS = 0.02


@dataclass(frozen=True)
class Part:
    """A part of a picture as the model takes it, with its label if it still shows it."""

    pixels: Pixels
    label: str | None


def main() -> None:
    """Make the graph, measure it, and write graph and manifest, or say why not."""
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    bundle = Bundle.load(folder)
    rule = bundle.manifest.preprocessing
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / QUANTIZED_FILE
        quantize(bundle, made, list(parts(pictures, rule, CALIBRATION_PARTS, seed=1)))
        gate = measure(bundle, made, list(parts(pictures, rule, GATE_PARTS, seed=2, mirror=True)))
        print(json.dumps(gate.model_dump(), indent=1))
        if reason := refusal(gate):
            sys.exit(f"the int8 graph is not accepted: {reason}. Give more pictures, or pictures like those to come.")
        (folder / QUANTIZED_FILE).write_bytes(made.read_bytes())
    files = bundle.manifest.files | {QUANTIZED_FILE: sha256(folder / QUANTIZED_FILE)}
    write_manifest(folder, bundle.manifest.model_copy(update={"files": files, "quantization": gate}))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def parts(folder: Path, rule: Preprocessing, count: int, seed: int, *, mirror: bool = False) -> Iterator[Part]:
    """Square parts of the pictures in a folder, of different sizes and places, drawn by chance but always the same."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["file"]: row["label"] for row in csv.DictReader(file)}
    pictures = {name: Image.open(folder / name).convert("RGB") for name in sorted(labels)}
    whole = rule.model_copy(update={"crop": 1.0})
    chance = np.random.default_rng(seed)
    for number in range(count):
        name = list(pictures)[number % len(pictures)]
        picture = ImageOps.mirror(pictures[name]) if mirror else pictures[name]
        share = chance.uniform(SMALLEST_SHARE, 1.0)
        edge = max(1, round(min(picture.size) * share))
        left, top = (int(chance.integers(0, length - edge + 1)) for length in picture.size)
        pixels: Pixels = np.empty((rule.size, rule.size, 3), np.uint8)
        decode_into(pixels, _bitmap(picture.crop((left, top, left + edge, top + edge))), whole, edge * edge)
        yield Part(pixels, labels[name] if share >= LABELLED_SHARE else None)


def quantize(bundle: Bundle, target: Path, calibration: list[Part]) -> None:
    """Write the int8 graph."""
    prepared = target.with_suffix(".prepared")
    quant_pre_process(str(bundle.model_path()), str(prepared), skip_symbolic_shape=True)
    convolutions = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
    quantize_static(
        str(prepared),
        str(target),
        _Calibration(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "Clip"],
        nodes_to_exclude=convolutions[:FLOAT_CONVOLUTIONS],
    )


def measure(bundle: Bundle, quantized: Path, gate: list[Part]) -> QuantizationGate:
    """Compare a quantized graph with the bundle's own over parts of pictures."""
    images = stacked(gate)
    fp32, int8 = (_probabilities(path, images) for path in (bundle.model_path(Precision.FP32), quantized))
    best, best_of_int8 = fp32.argmax(axis=1), int8.argmax(axis=1)
    every = np.arange(len(gate))
    sure = fp32.max(axis=1) > SURE
    numbers = {label: number for number, label in enumerate(bundle.manifest.labels)}
    labelled = np.array([place for place, part in enumerate(gate) if part.label])
    truth = np.array([numbers[part.label] for part in gate if part.label])
    return QuantizationGate(
        images=len(gate),
        agreement=_rounded((best == best_of_int8).mean()),
        agreement_when_sure=_rounded((best == best_of_int8)[sure].mean()),
        score_change=_rounded(np.abs(fp32[every, best] - int8[every, best]).mean()),
        labelled_images=len(labelled),
        accuracy_fp32=_rounded((best[labelled] == truth).mean()),
        accuracy_int8=_rounded((best_of_int8[labelled] == truth).mean()),
    )


def stacked(gate: list[Part]) -> Pixels:
    """The parts as one batch, ``uint8[N, size, size, 3]``."""
    return np.stack([part.pixels for part in gate])


def refusal(gate: QuantizationGate) -> str | None:
    """Why a graph with these figures is not good enough, if it is not."""
    if gate.agreement < MIN_AGREEMENT:
        return f"it agrees with fp32 on {gate.agreement:.1%} of the pictures, less than {MIN_AGREEMENT:.0%}"
    if gate.agreement_when_sure < MIN_AGREEMENT_WHEN_SURE:
        return (
            f"it agrees on {gate.agreement_when_sure:.1%} of those of which fp32 is sure, "
            f"less than {MIN_AGREEMENT_WHEN_SURE:.0%}"
        )
    if gate.accuracy_int8 < gate.accuracy_fp32 - MAX_ACCURACY_LOSS:
        return f"{gate.accuracy_int8:.1%} of its answers are right, and {gate.accuracy_fp32:.1%} of fp32's"
    return None


class _Calibration(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
    def __init__(self, calibration: list[Part]) -> None:
        self._inputs = iter([{INPUT: part.pixels[None]} for part in calibration])

    def get_next(self) -> dict[str, Pixels] | None:
        return next(self._inputs, None)


def _probabilities(path: Path, images: Pixels) -> Any:  # noqa: ANN401  (float32[N, labels])
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    starts = range(0, len(images), BATCH_SIZE)
    return np.concatenate(
        [session.run(["probabilities"], {INPUT: images[start : start + BATCH_SIZE]})[0] for start in starts]
    )


def _bitmap(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()


def _rounded(share: Any) -> float:  # noqa: ANN401  (a scalar of NumPy's)
    return round(float(share), 4)


if __name__ == "__main__":
    main()
