"""A bundle with a head of its own is judged, without torch, and served."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from loupe_inference.runtime import Runtime
from loupe_inference.session import OnnxSession
from loupe_shared.bundle import Bundle
from loupe_shared.errors import InvalidBundle
from loupe_shared.result import Precision
from loupe_training.command import main
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.evaluation.answers import Graph, load_bundle
from loupe_training.evaluation.decisions import Rejection
from loupe_training.evaluation.drawing import confusion_matrix
from loupe_training.evaluation.judge import Judgement, Wishes, judge
from loupe_training.evaluation.report import report
from loupe_training.export.new_head import with_head
from loupe_training.pictures import decode_pictures
from loupe_training.synthetic import SOUND, STAIN, draw_snapshot
from tests.factories import BUNDLE
from tests.nearest import RECORD, nearest_mean


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Stains, and surfaces without."""
    return draw_snapshot(tmp_path_factory.mktemp("drawn") / "snapshot", of_each=20, size=64, labels=(SOUND, STAIN))


@pytest.fixture(scope="module")
def bundle(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle that Loupe comes with, with a head that looks which mean embedding is nearer."""
    return nearest_mean(snapshot, tmp_path_factory.mktemp("bundles") / "bundle", "stains")


@pytest.fixture(scope="module")
def figures(bundle: Path, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """The figures and the page of its report."""
    report = tmp_path_factory.mktemp("report") / "report.html"
    assert main(["evaluate", str(bundle), str(snapshot.images.parent), str(report), "--cost", "stain=4"]) == 0
    return json.loads(report.with_suffix(".json").read_text()), report.read_text()


@pytest.fixture(scope="module")
def judgement(bundle: Path, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """What such a report is written of."""
    return judge(load_bundle(bundle), snapshot, Wishes({}, 0.95), tmp_path_factory.mktemp("scratch"))


def page_of(judgement: Judgement, rejection: Rejection) -> str:
    """The page if that is what is left to people."""
    return report(replace(judgement, evaluation=replace(judgement.evaluation, rejection=rejection)))


def test_figures_are_those_of_the_test_split(figures: tuple[Any, str], snapshot: Snapshot) -> None:
    found, _ = figures
    assert found["pictures"] == [len(snapshot.of(Split.VALIDATION)), len(snapshot.of(Split.TEST))]
    assert sum(map(sum, found["confusion"])) == len(snapshot.of(Split.TEST))
    assert found["metrics"]["auc"]["value"] > 0.8
    assert found["snapshot"] == snapshot.digest
    assert found["calibration"]["temperature"] == RECORD.temperature


def test_the_page_needs_nothing_beside_itself(figures: tuple[Any, str]) -> None:
    _, page = figures
    assert not re.findall(r'(?:src|href)="(?!data:)|<script|@import|url\(', page)
    for heading in (
        "Labels",
        "What a score is worth",
        "Thresholds by cost",
        "What to leave to people",
        "Worst mistakes",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") == 4


def test_a_threshold_that_no_test_picture_reaches_is_told_as_such(judgement: Judgement) -> None:
    page = page_of(judgement, Rejection(0.95, 0.97, 0.0, None))
    assert "From a score of 0.970 on, at least 95% were right on the validation split" in page
    assert "no picture has such a score: all are left to people" in page
    assert "No score gave" not in page
    assert "No score gave an accuracy of 95%" in page_of(judgement, Rejection(0.95, None, 0.0, None))


def test_the_accuracy_that_is_wanted_has_all_of_its_digits(judgement: Judgement) -> None:
    assert "No score gave an accuracy of 99.5% on" in page_of(judgement, Rejection(0.995, None, 0.0, None))
    assert "at least 99.95% were right" in page_of(judgement, Rejection(0.9995, 0.9, 0.5, 1.0))


def test_the_page_says_by_what_intervals_were_drawn(judgement: Judgement) -> None:
    evaluation = judgement.evaluation
    assert f"from the {evaluation.metrics.groups} groups of these pictures" in report(judgement)
    one = replace(evaluation, metrics=replace(evaluation.metrics, groups=1))
    assert "All are of one group, which says nothing of others" in report(replace(judgement, evaluation=one))


def test_names_cannot_put_anything_into_the_page() -> None:
    drawn = confusion_matrix(["<script>alert(1)</script>", "b"], [[1, 0], [0, 1]])
    assert "<script" not in drawn
    assert "&lt;script" in drawn


def test_a_worker_serves_it(bundle: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    found = Bundle.load(bundle)
    pictures = decode_pictures(snapshot.images, snapshot.samples[:3], found.manifest.preprocessing, tmp_path)
    served = OnnxSession(found, Precision.FP32, Runtime(), max_batch_size=3).run(pictures.pixels)
    judged = Graph(found).run(pictures.pixels)
    assert np.abs(served.probabilities - judged.probabilities).max() < 1e-4
    assert served.probabilities.shape == (3, 2)
    assert served.activation_map.shape == (3, 7, 7)


def test_the_heatmap_is_of_the_new_head(bundle: Path) -> None:
    """It is the features weighted by the label's row: so its mean over all places is that row times the embedding."""
    found = Bundle.load(bundle)
    outputs = Graph(found).run(np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3), np.uint8))
    (weights,) = [
        numpy_helper.to_array(tensor)
        for tensor in onnx.load(found.model_path()).graph.initializer
        if list(tensor.dims) == [2, 1280]
    ]
    expected = (weights[outputs.probabilities.argmax(axis=1)] * outputs.embedding).sum(axis=1)
    assert np.abs(outputs.activation_map.mean(axis=(1, 2)) - expected).max() < 1e-3 * np.abs(expected).max()


def test_a_head_of_another_width_is_refused() -> None:
    with pytest.raises(InvalidBundle, match=r"\(1000, 1280\), the new head \(2, 640\)"):
        with_head(Bundle.load(BUNDLE), np.zeros((2, 640), np.float32), np.zeros(2, np.float32))


def test_judging_needs_no_torch() -> None:
    """Not even where it is installed: it takes seconds to import."""
    script = "import sys, loupe_training.evaluation.judge, loupe_training.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
