"""The command: what goes in, what comes out, and what is said of bad input."""

import json
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loupe_shared.bundle import MANIFEST_FILE, MODEL_FILE, Bundle
from loupe_training.command import main
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.rules import NearDuplicates, Rules
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.synthetic import draw, draw_snapshot
from loupe_training.training.checkpoint import CHECKPOINT_FILE
from tests.factories import BUNDLE
from tests.training.conftest import SIZE

# The network that is quickest to train and to export, if what it learns does not matter.
NETWORK = ["--backbone=resnet18", "--weights=none", "--frozen-stages=0", "--size=32"]
OPTIONS = ["--name=surfaces", *NETWORK, "--epochs=1", "--batch-size=8", "--threads=1"]


def test_training_writes_a_bundle_and_a_report(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "out"
    assert main(["train", str(snapshot_folder), str(to), *OPTIONS, "--cost=scratch=5", "--learning-rate=1e-4"]) == 0
    assert sorted(path.name for path in to.iterdir()) == ["bundle", "report.html", "report.json"]
    page = (to / "report.html").read_text()
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    figures = json.loads((to / "report.json").read_text())
    assert figures["bundle"] == "surfaces:1"
    assert figures["calibration"]["ece_before"] is not None
    costs = {one["label"]: one["cost_of_miss"] for one in figures["thresholds"]}
    assert costs == {"scratch": 5, "sound": 1, "stain": 1}
    assert "AUC" in capsys.readouterr().out

    assert main(["train", str(snapshot_folder), str(to), *OPTIONS]) == 2
    assert "has a bundle already" in capsys.readouterr().err


def test_two_bundles_are_compared_on_the_same_pictures(
    bundle: Path, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.html"
    assert main(["evaluate", str(bundle), str(snapshot_folder), str(report), "--against", str(bundle)]) == 0
    comparison = json.loads(report.with_suffix(".json").read_text())["comparison"]
    assert (comparison["against"], comparison["only_this"], comparison["p_accuracy"]) == ("surfaces:1", 0, 1.0)
    assert "against surfaces:1" in capsys.readouterr().out
    assert "McNemar" in report.read_text()


def test_a_bundle_of_other_labels_is_refused_before_training(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for other, code, says in ((BUNDLE, 2, "has other labels"), (tmp_path / "none", 1, "manifest")):
        options = [*OPTIONS, f"--against={other}"]
        assert main(["train", str(snapshot_folder), str(tmp_path / "out"), *options]) == code
        assert says in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_what_was_trained_and_not_judged_goes_on_with_the_report(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "out"
    (to / "report.html").mkdir(parents=True)  # so the report cannot be written
    command = ["train", str(snapshot_folder), str(to), *OPTIONS, "--epochs=0"]
    assert main(command) == 2
    assert "report.html cannot be written" in capsys.readouterr().err
    manifest = to / "bundle" / MANIFEST_FILE
    written = manifest.stat().st_mtime_ns
    (to / "report.html").rmdir()
    (to / CHECKPOINT_FILE).touch()  # as one that is killed right after the bundle has appeared

    assert main(command) == 2
    assert "go on with --resume" in capsys.readouterr().err
    for other in ("--seed=1", "--licence=MIT-0"):
        assert main([*command, "--resume", other]) == 2
        assert "is of another training" in capsys.readouterr().err
    assert main([*command, "--resume", "--cost=scratch=5"]) == 0
    assert manifest.stat().st_mtime_ns == written
    assert sorted(path.name for path in to.iterdir()) == ["bundle", "report.html", "report.json"]
    assert main([*command, "--resume"]) == 2
    assert "has a bundle already" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(
    bundle: Path, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    for to in (file, file / "out"):
        for command in (
            ["train", str(snapshot_folder), str(to), *OPTIONS],
            ["evaluate", str(bundle), str(snapshot_folder), str(to / "report.html")],
            ["surfaces", str(to)],
        ):
            assert main(command) == 2
            assert f"the folder {to} cannot be made" in capsys.readouterr().err


def test_a_killed_training_goes_on_and_ends_as_one_that_was_not(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``kill -9`` in the middle of an epoch, in a process of its own."""
    options = [*OPTIONS, "--epochs=4", "--views=turned", "--patience=9"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main(["train", str(snapshot_folder), str(whole), *options]) == 0
    command = [sys.executable, "-m", "loupe_training", "train", str(snapshot_folder), str(killed), *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not (killed / CHECKPOINT_FILE).exists():
            assert process.poll() is None
            time.sleep(0.005)  # between two looks at whether it is there
        process.kill()
    assert not (killed / "bundle").exists()

    assert main(["train", str(snapshot_folder), str(killed), *options]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["train", str(snapshot_folder), str(killed), *options, "--resume"]) == 0
    assert (killed / "bundle" / MODEL_FILE).read_bytes() == (whole / "bundle" / MODEL_FILE).read_bytes()


def test_a_full_disk_leaves_nothing_half_written(snapshot_folder: Path, tmp_path: Path) -> None:
    """A limit on the length of files is what the disk refuses with here."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [sys.executable, "-m", "loupe_training", "train", str(snapshot_folder), str(tmp_path / "out"), *OPTIONS]
    for more, says in ((["--size=64"], "no room for"), ([], "checkpoint .* cannot be written")):
        done = subprocess.run([*command, *more], capture_output=True, text=True, preexec_fn=limit)
        assert done.returncode == 2, done.stderr
        assert re.search(says, done.stderr)
        assert "Traceback" not in done.stderr
        assert not list((tmp_path / "out").iterdir())


def test_pictures_that_broke_since_are_named_and_left_out(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(snapshot_folder, tmp_path / "snapshot"))
    broken = Snapshot.load(folder).of(Split.TRAIN)[0]
    (folder / "images" / broken.path).write_bytes(b"no picture")
    assert main(["train", str(folder), str(tmp_path / "out"), *OPTIONS, "--epochs=0"]) == 0
    record = json.loads((tmp_path / "out" / "bundle" / "training.json").read_text())
    assert [broken.path in one for one in record["left_out"]] == [True]
    assert broken.path in capsys.readouterr().err


def test_too_many_broken_pictures_end_the_training(
    snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(snapshot_folder, tmp_path / "snapshot"))
    for one in Snapshot.load(folder).of(Split.TRAIN)[:8]:
        (folder / "images" / one.path).write_bytes(b"")
    assert main(["train", str(folder), str(tmp_path / "out"), *OPTIONS]) == 1
    assert re.search(r"8 of \d+ pictures cannot be decoded", capsys.readouterr().err)
    assert not list((tmp_path / "out").iterdir())


def test_too_few_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = np.random.default_rng(0)
    pictures: list[LabelledPicture] = []
    for number, (label, split) in enumerate((("a", Split.TRAIN), ("b", Split.TRAIN), ("a", Split.TEST))):
        file = tmp_path / f"{number}.png"
        draw("sound", SIZE, chance).picture.save(file)
        pictures.append(LabelledPicture(file.name, file, label, file.name, split=split))
    rules = Rules(split_by="given", near_duplicates=NearDuplicates.REPORT)
    make_snapshot(Labelling("three pictures", tuple(pictures)), rules, tmp_path / "snapshot")
    assert main(["train", str(tmp_path / "snapshot"), str(tmp_path / "out"), *OPTIONS]) == 1
    said = capsys.readouterr().err
    assert "too few pictures" in said
    assert "'b': 0 pictures for test" in said
    assert not (tmp_path / "out").exists()


def test_labels_with_slashes_and_in_other_scripts(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    pictures: list[LabelledPicture] = []
    for label, drawn in (("Kratzer/Süd", "scratch"), ("無傷", "sound")):
        for number in range(12):
            file = tmp_path / f"{drawn}{number}.png"
            draw(drawn, SIZE, chance).picture.save(file)
            pictures.append(LabelledPicture(f"Straße <3>/{drawn} {number}.png", file, label, file.name))
    rules = Rules(near_duplicates=NearDuplicates.REPORT)
    make_snapshot(Labelling("names", tuple(pictures)), rules, tmp_path / "snapshot")
    assert main(["train", str(tmp_path / "snapshot"), str(tmp_path / "out"), *OPTIONS, "--epochs=0"]) == 0
    assert Bundle.load(tmp_path / "out" / "bundle").manifest.labels == ("Kratzer/Süd", "無傷")
    assert "無傷" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--backbone=vgg"], "--backbone"),
        (["--size=7"], "--size: Input should be greater than or equal to 32"),
        (["--views=upside-down"], "--views"),
        (["--name=Big Name"], "--name"),
        (["--cost=hole=5"], "no label 'hole'"),
        (["--device=cuda"], "finds no GPU"),
        (["--frozen-stages=3"], "never trained cannot be frozen"),
        (["--backbone=efficientnet-lite0", "--weights=published", "--frozen-stages=99"], "has 18 stages, not 99"),
    ],
)
def test_options_that_cannot_be(
    options: list[str], says: str, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: int | str | None = main(["train", str(snapshot_folder), str(tmp_path / "out"), *OPTIONS, *options])
    except SystemExit as error:  # of the parser of options
        code = error.code
    assert code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_altered_bundle_is_not_judged(
    bundle: Path, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / MODEL_FILE).write_bytes(b"other")
    report = tmp_path / "reports" / "report.html"
    assert main(["evaluate", str(copy), str(snapshot_folder), str(report)]) == 1
    assert "not the file that the manifest describes" in capsys.readouterr().err
    assert not report.exists()


def test_pictures_with_labels_that_the_model_has_not(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = np.random.default_rng(0)
    pictures: list[LabelledPicture] = []
    for number in range(16):
        file = tmp_path / f"{number}.png"
        Image.fromarray(chance.integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(file)
        pictures.append(LabelledPicture(file.name, file, ("hole", "sound")[number % 2], file.name))
    rules = Rules(near_duplicates=NearDuplicates.REPORT)
    make_snapshot(Labelling("holes", tuple(pictures)), rules, tmp_path / "snapshot")
    assert main(["evaluate", str(bundle), str(tmp_path / "snapshot"), str(tmp_path / "report.html")]) == 1
    assert "hole" in capsys.readouterr().err


def test_a_folder_that_is_no_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(tmp_path), str(tmp_path / "out"), *OPTIONS]) == 1
    assert "no snapshot" in capsys.readouterr().err


def test_what_is_drawn_is_the_same_again(tmp_path: Path, snapshot: Snapshot) -> None:
    assert draw_snapshot(tmp_path / "again", of_each=16, size=SIZE).digest == snapshot.digest
