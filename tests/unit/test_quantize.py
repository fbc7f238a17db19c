"""The int8 graph that Loupe comes with, and the gate before it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from models import quantize as script

from loupe_inference.runtime import Runtime
from loupe_inference.session import OnnxSession
from loupe_shared.bundle import Bundle
from loupe_shared.card import QuantizationGate
from loupe_shared.result import Precision
from loupe_training.export import quantize
from tests.factories import BUNDLE, SAMPLES

GOOD = QuantizationGate(
    images=100,
    agreement=0.95,
    agreement_when_sure=0.98,
    score_change=0.01,
    labelled_images=50,
    accuracy_fp32=0.9,
    accuracy_int8=0.9,
)


def test_it_is_as_good_here_as_its_manifest_says() -> None:
    """Its integers are summed up differently by different CPUs: some lose accuracy that others keep."""
    bundle = Bundle.load(BUNDLE)
    parts = list(script.parts(SAMPLES, bundle.manifest.preprocessing, 120, seed=3))
    found = quantize.measure(bundle, bundle.model_path(Precision.INT8), parts)
    assert bundle.manifest.quantization is not None
    assert found is not None
    assert quantize.refusal(bundle.manifest.quantization) is None
    assert found.agreement >= bundle.manifest.quantization.agreement - 0.06
    assert found.agreement_when_sure >= bundle.manifest.quantization.agreement_when_sure - 0.03


def test_a_worker_can_run_it() -> None:
    bundle = Bundle.load(BUNDLE)
    session = OnnxSession(bundle, Precision.INT8, Runtime(), max_batch_size=2)
    parts = list(script.parts(SAMPLES, bundle.manifest.preprocessing, 2, seed=4))
    outputs = session.run(quantize.stacked(parts))
    assert outputs.activation_map.shape == (2, 7, 7)
    assert bundle.manifest.model_version(Precision.INT8).precision is Precision.INT8


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"agreement": 0.85}, "85.0% of the pictures"),
        ({"agreement_when_sure": 0.96}, "of which fp32 is sure"),
        ({"accuracy_int8": 0.87}, "87.0% of its answers are right"),
    ],
)
def test_what_is_not_good_enough_is_refused(change: dict[str, float], says: str) -> None:
    assert quantize.refusal(GOOD) is None
    assert says in str(quantize.refusal(GOOD.model_copy(update=change)))


def test_a_graph_of_which_nothing_tells_how_good_it_is_is_refused() -> None:
    bundle = Bundle.load(BUNDLE)
    parts = list(script.parts(SAMPLES, bundle.manifest.preprocessing, 2, seed=5))
    none_is_sure = [replace(part, pixels=np.full_like(part.pixels, 128), label="espresso") for part in parts]
    none_has_a_label = [replace(part, label=None) for part in parts]
    for gate in (none_is_sure, none_has_a_label):
        measured = quantize.measure(bundle, bundle.model_path(Precision.INT8), gate)
        assert measured is None
        assert "nothing tells how good it is: fp32 gives no picture a score above 30%" in str(
            quantize.refusal(measured)
        )


def test_a_graph_that_is_refused_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("manifest.json", "model.onnx", "model.int8.onnx"):
        (tmp_path / file).write_bytes((BUNDLE / file).read_bytes())
    before = (tmp_path / "manifest.json").read_bytes()
    monkeypatch.setattr(script, "CALIBRATION_PARTS", 6)
    monkeypatch.setattr(script, "GATE_PARTS", 24)
    monkeypatch.setattr(quantize, "MIN_AGREEMENT", 1.01)
    monkeypatch.setattr(sys, "argv", ["quantize.py", str(tmp_path), str(SAMPLES)])
    with pytest.raises(SystemExit, match="not accepted: it agrees with fp32"):
        script.main()
    assert (tmp_path / "manifest.json").read_bytes() == before
    assert "agreement" in capsys.readouterr().out
