"""What a training leaves behind."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from loupe_shared.bundle import MODEL_FILE, QUANTIZED_FILE, Bundle, sha256
from loupe_shared.card import Provenance
from loupe_shared.drift.reference import REFERENCE_FILE, Reference
from loupe_shared.errors import InvalidBundle
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.evaluation.answers import Graph, load_bundle
from loupe_training.evaluation.pointing import points_at
from loupe_training.export import quantize
from loupe_training.export.bundle import Identity, new_bundle, prove
from loupe_training.export.new_head import with_head
from loupe_training.export.quantize import Part, add_int8
from loupe_training.export.record import RECORD_FILE, Record
from loupe_training.pictures import decode_pictures
from loupe_training.progress import Bars
from loupe_training.synthetic import LABELS, SCRATCH, SOUND, STAIN, draw
from loupe_training.training.plan import Plan
from loupe_training.training.run import Run, train
from tests.training.conftest import PLAN, SIZE


def test_a_bundle_says_what_it_is(bundle: Path, snapshot: Snapshot) -> None:
    found = Bundle.load(bundle)
    manifest = found.manifest
    assert (manifest.name, manifest.version, manifest.labels) == ("surfaces", 1, snapshot.labels)
    assert manifest.preprocessing == PLAN.preprocessing()
    assert manifest.provenance.licence == "Apache-2.0"
    record = Record.model_validate_json((bundle / RECORD_FILE).read_bytes())
    assert (record.snapshot, record.plan) == (snapshot.digest, PLAN)
    assert record.pictures == len(snapshot.of(Split.TRAIN))
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_bundle_says_what_it_answers_to_the_validation_split(bundle: Path, snapshot: Snapshot) -> None:
    found = Bundle.load(bundle)
    reference = Reference.read((bundle / REFERENCE_FILE).read_bytes(), "surfaces:1")
    validation = snapshot.of(Split.VALIDATION)
    assert reference.images == len(validation)
    assert set(reference.labels) <= set(snapshot.labels)
    assert bool(reference.parts) is (len({sample.group for sample in validation}) < len(validation))
    assert found.manifest.files[REFERENCE_FILE] == sha256(bundle / REFERENCE_FILE)


def test_the_same_training_gives_the_same_bundle(bundle: Path, snapshot: Snapshot, tmp_path: Path, bars: Bars) -> None:
    again = train(snapshot, PLAN, Run(tmp_path, "surfaces"), bars)
    assert (again / MODEL_FILE).read_bytes() == (bundle / MODEL_FILE).read_bytes()
    assert (again / REFERENCE_FILE).read_bytes() == (bundle / REFERENCE_FILE).read_bytes()


def test_a_graph_that_answers_differently_is_not_written(bundle: Path, tmp_path: Path) -> None:
    found = Bundle.load(bundle)
    record = Record.model_validate_json((bundle / RECORD_FILE).read_bytes())
    identity = Identity("surfaces", 2, Provenance(weights="", licence="", exporter=""))
    true_graph = Graph(found)

    def reference(pixels: np.typing.NDArray[np.uint8]) -> dict[str, np.typing.NDArray[np.float32]]:
        outputs = true_graph.run(pixels)
        return {"probabilities": outputs.probabilities, "embedding": outputs.embedding}

    pixels = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    width = found.manifest.embedding_size
    altered = with_head(found, np.full((3, width), 0.1, np.float32), np.array([1, 0, 0], np.float32))
    labels, rule = found.manifest.labels, found.manifest.preprocessing
    with new_bundle(tmp_path / "true", onnx.load(found.model_path()), labels, rule, identity, record) as made:
        prove(made, reference, pixels)
    with (
        pytest.raises(InvalidBundle, match="probabilities differ"),
        new_bundle(tmp_path / "altered", altered, labels, rule, identity, record) as made,
    ):
        prove(made, reference, pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["true"]


def test_a_bundle_is_never_overwritten(bundle: Path) -> None:
    found = Bundle.load(bundle)
    record = Record.model_validate_json((bundle / RECORD_FILE).read_bytes())
    identity = Identity("surfaces", 2, found.manifest.provenance)
    graph = onnx.load(found.model_path())
    with (
        pytest.raises(InvalidDataset, match="is there already, and is not changed"),
        new_bundle(bundle, graph, found.manifest.labels, found.manifest.preprocessing, identity, record),
    ):
        pass


def test_an_int8_graph_is_added_only_if_it_is_good_enough(bundle: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    found = Bundle.load(copy)
    pictures = decode_pictures(snapshot.images, snapshot.samples, PLAN.preprocessing(), tmp_path)
    parts = [Part(pixels, one.label) for pixels, one in zip(pictures.pixels, pictures.samples, strict=True)]
    measured, refusal = add_int8(found, parts[:24], parts[24:])
    manifest = Bundle.load(copy).manifest
    assert (manifest.quantization is None) is (refusal is not None)
    assert measured is not None
    assert measured.images == len(parts) - 24
    assert {RECORD_FILE, REFERENCE_FILE} <= set(manifest.files)


def test_a_training_ends_with_a_bundle_if_nothing_tells_how_good_its_int8_graph_is(
    snapshot: Snapshot, tmp_path: Path, bars: Bars, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(quantize, "SURE", 1.0)  # which no score exceeds
    caplog.set_level("INFO")
    plan = PLAN.model_copy(update={"epochs": 0})
    made = Bundle.load(train(snapshot, plan, Run(tmp_path, "surfaces", int8=True), bars))
    assert QUANTIZED_FILE not in made.manifest.files
    assert made.manifest.metrics
    assert "the int8 graph is not accepted: nothing tells how good it is" in caplog.text


def test_a_graph_that_is_not_what_the_manifest_says(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"labels": ["a", "b"]}))
    with pytest.raises(InvalidBundle, match="the manifest says"):
        load_bundle(copy)


@pytest.mark.parametrize("label", [SCRATCH, STAIN])
def test_the_pointing_game_knows_where_a_defect_is(label: str) -> None:
    drawing = draw(label, SIZE, np.random.default_rng(3))
    rows, columns = np.nonzero(drawing.mask)
    right, wrong = np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32)
    right[int(rows.mean() / SIZE * 8), int(columns.mean() / SIZE * 8)] = 1
    wrong[-1 - int(rows.mean() / SIZE * 8), -1 - int(columns.mean() / SIZE * 8)] = 1
    assert points_at(right, drawing.mask)
    assert not points_at(wrong, drawing.mask) or drawing.mask[SIZE // 2, SIZE // 2]


def test_what_is_drawn_is_where_the_mask_says() -> None:
    for label in LABELS:
        drawing = draw(label, SIZE, np.random.default_rng(5))
        assert drawing.mask.any() == (label != SOUND)
        if label != SOUND:
            grey = np.asarray(drawing.picture.convert("L"), np.float64)
            assert abs(grey[drawing.mask].mean() - grey[~drawing.mask].mean()) > 20


def test_training_from_scratch_says_so(snapshot: Snapshot, tmp_path: Path, bars: Bars) -> None:
    plan = Plan(backbone="resnet18", weights="none", size=32, epochs=1, batch_size=8, frozen_stages=0)
    found = Bundle.load(train(snapshot, plan, Run(tmp_path, "scratch", licence="MIT"), bars)).manifest
    assert found.provenance.weights.startswith("trained from scratch")
    assert (found.provenance.licence, found.embedding_size) == ("MIT", 512)
