"""The int8 graph of a bundle, and the gate before it.

Static quantization (QDQ format): weights as signed bytes with a scale per channel, activations as unsigned bytes whose
range is the widest seen over the pictures it is calibrated with. Per tensor instead of per channel, two answers of five
change. The first three convolutions keep float: in int8 they change scores half as much as all others together, and
float costs no time there.

The gate compares both graphs over other pictures. Its figures go into the manifest.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from loupe_shared.bundle import QUANTIZED_FILE, Bundle, sha256
from loupe_shared.card import QuantizationGate
from loupe_shared.preprocess import Pixels
from loupe_shared.result import Precision
from loupe_training.export.manifest import write_manifest

INPUT = "images"
FLOAT_CONVOLUTIONS = 3
BATCH_SIZE = 4
SURE = 0.3

MIN_AGREEMENT = 0.9
MIN_AGREEMENT_WHEN_SURE = 0.97
MAX_ACCURACY_LOSS = 0.02


@dataclass(frozen=True)
class Part:
    """A picture, or a part of one, as the model takes it, with its label if it still shows it."""

    pixels: Pixels
    label: str | None


def add_int8(
    bundle: Bundle, calibration: Sequence[Part], gate: Sequence[Part]
) -> tuple[QuantizationGate | None, str | None]:
    """Give a bundle its int8 graph, if that is good enough.

    Args:
        bundle: gets the graph, and a manifest that names it.
        calibration: to find ranges with.
        gate: others, to judge by.

    Returns:
        What the graph was measured at, see ``measure``; and why it is not accepted, if it is not. The bundle is then as
        it was.
    """
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / QUANTIZED_FILE
        quantize(bundle, made, calibration)
        measured = measure(bundle, made, gate)
        if reason := refusal(measured):
            return measured, reason
        (bundle.folder / QUANTIZED_FILE).write_bytes(made.read_bytes())
    files = bundle.manifest.files | {QUANTIZED_FILE: sha256(bundle.folder / QUANTIZED_FILE)}
    write_manifest(bundle.folder, bundle.manifest.model_copy(update={"files": files, "quantization": measured}))
    return measured, None


def quantize(bundle: Bundle, target: Path, calibration: Sequence[Part]) -> None:
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


def measure(bundle: Bundle, quantized: Path, gate: Sequence[Part]) -> QuantizationGate | None:
    """Compare a quantized graph with the bundle's own over parts of pictures.

    Returns:
        None if these cannot tell: fp32 is sure of none of them, or none has a label.
    """
    images = stacked(gate)
    fp32, int8 = (_probabilities(path, images) for path in (bundle.model_path(Precision.FP32), quantized))
    best, best_of_int8 = fp32.argmax(axis=1), int8.argmax(axis=1)
    every = np.arange(len(gate))
    sure = fp32.max(axis=1) > SURE
    numbers = {label: number for number, label in enumerate(bundle.manifest.labels)}
    labelled = np.array([place for place, part in enumerate(gate) if part.label])
    truth = np.array([numbers[part.label] for part in gate if part.label])
    if not sure.any() or not len(labelled):
        return None
    return QuantizationGate(
        images=len(gate),
        agreement=_rounded((best == best_of_int8).mean()),
        agreement_when_sure=_rounded((best == best_of_int8)[sure].mean()),
        score_change=_rounded(np.abs(fp32[every, best] - int8[every, best]).mean()),
        labelled_images=len(labelled),
        accuracy_fp32=_rounded((best[labelled] == truth).mean()),
        accuracy_int8=_rounded((best_of_int8[labelled] == truth).mean()),
    )


def stacked(gate: Sequence[Part]) -> Pixels:
    """The parts as one batch, ``uint8[N, size, size, 3]``."""
    return np.stack([part.pixels for part in gate])


def refusal(gate: QuantizationGate | None) -> str | None:
    """Why a graph with these figures is not good enough, if it is not."""
    if gate is None:
        return (
            f"nothing tells how good it is: fp32 gives no picture a score above {SURE:.0%}, or no picture has a label"
        )
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
    def __init__(self, calibration: Sequence[Part]) -> None:
        self._inputs = iter([{INPUT: part.pixels[None]} for part in calibration])

    def get_next(self) -> dict[str, Pixels] | None:
        return next(self._inputs, None)


def _probabilities(path: Path, images: Pixels) -> Any:  # noqa: ANN401  (float32[N, labels])
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    starts = range(0, len(images), BATCH_SIZE)
    return np.concatenate(
        [session.run(["probabilities"], {INPUT: images[start : start + BATCH_SIZE]})[0] for start in starts]
    )


def _rounded(share: Any) -> float:  # noqa: ANN401  (a scalar of NumPy's)
    return round(float(share), 4)
