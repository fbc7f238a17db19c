"""What training measures is what gates compare: a worse model is not let through."""

from pathlib import Path

import numpy as np
import pytest

from loupe_shared.bundle import Bundle, Manifest
from loupe_shared.release.gates import Candidate, accuracy_gate, reservation
from loupe_training.command import main
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.rules import NearDuplicates, Rules
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.evaluation.answers import load_bundle
from loupe_training.evaluation.card import digest_of_test_set
from loupe_training.evaluation.judge import Wishes, judge
from loupe_training.progress import Bars
from loupe_training.synthetic import draw_snapshot
from loupe_training.training.plan import Plan
from loupe_training.training.run import Run, train
from tests.factories import BUNDLE
from tests.training.conftest import PLAN, SIZE

# Which network it is does not matter here: it is the quickest.
QUICK = Plan(backbone="resnet18", weights="none", size=32, epochs=0, frozen_stages=0)


@pytest.fixture(scope="module")
def good(bundle: Path) -> Manifest:
    """Of a bundle that has learnt what there was to learn."""
    return Bundle.load(bundle).manifest


@pytest.fixture
def misled(snapshot: Snapshot, tmp_path: Path, bars: Bars) -> Manifest:
    """Of one that has learnt from wrong labels, and is judged by the same pictures under other names."""
    wrong = dict(zip(snapshot.labels, (*snapshot.labels[1:], snapshot.labels[0]), strict=True))
    pictures = tuple(
        LabelledPicture(
            f"again/{one.path}",
            snapshot.images / one.path,
            one.label if one.split is Split.TEST else wrong[one.label],
            one.path,
            split=one.split,
        )
        for one in snapshot.samples
    )
    rules = Rules(split_by="given", near_duplicates=NearDuplicates.REPORT)
    made = make_snapshot(Labelling("wrong labels", pictures), rules, tmp_path / "wrong")
    return Bundle.load(train(made, PLAN, Run(tmp_path / "misled", "surfaces", 2), bars)).manifest


def test_the_manifest_says_what_the_report_says(
    good: Manifest, bundle: Path, snapshot: Snapshot, tmp_path: Path
) -> None:
    metrics = good.metrics
    assert metrics
    test = snapshot.of(Split.TEST)
    assert (metrics.images, metrics.test_set) == (len(test), digest_of_test_set(test))
    found = judge(load_bundle(bundle), snapshot, Wishes({}, 0.9), tmp_path).evaluation.metrics
    assert metrics.accuracy == pytest.approx(found.accuracy.value)
    assert metrics.balanced_accuracy == pytest.approx(found.balanced_accuracy.value)


def test_a_worse_model_is_refused_and_a_better_one_is_not(good: Manifest, misled: Manifest) -> None:
    assert good.metrics
    assert misled.metrics
    assert misled.metrics.test_set == good.metrics.test_set
    refusal = accuracy_gate(Candidate(misled, serving=good))
    assert refusal
    assert f"its accuracy is {misled.metrics.accuracy:.1%}, and {good.metrics.accuracy:.1%} that of" in refusal
    assert accuracy_gate(Candidate(good, serving=misled)) is None
    assert reservation(Candidate(misled, serving=good)) is None


def test_models_that_were_measured_on_other_pictures_are_not_compared(
    good: Manifest, tmp_path: Path, bars: Bars
) -> None:
    other = draw_snapshot(tmp_path / "other", of_each=16, size=SIZE, seed=1)
    made = Bundle.load(train(other, QUICK, Run(tmp_path / "made", "surfaces", 2), bars)).manifest
    assert made.metrics
    assert accuracy_gate(Candidate(made, serving=good)) is None
    assert "not comparable" in str(reservation(Candidate(made, serving=good)))


def test_heads_on_embeddings_are_compared_too(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    numbers = np.arange(120) % 2
    embeddings = (chance.normal(size=(2, 1280))[numbers] + chance.normal(size=(120, 1280))).astype(np.float32)
    splits = np.repeat(["train", "validation", "test"], (60, 30, 30))
    made = []
    for version, taught in ((1, numbers), (2, np.where(splits == "test", numbers, 1 - numbers))):
        file, to = tmp_path / f"{version}.npz", tmp_path / str(version)
        np.savez(file, embeddings=embeddings, labels=np.array(["crack", "sound"])[taught], splits=splits)
        assert main(["head", str(file), str(BUNDLE), str(to), "--name=cells", f"--version={version}"]) == 0
        made.append(Bundle.load(to / "bundle").manifest)
    first, second = made
    assert first.metrics
    assert (first.metrics.images, first.metrics.accuracy) == (30, 1.0)
    assert "its accuracy is 0.0%, and 100.0% that of" in str(accuracy_gate(Candidate(second, serving=first)))
