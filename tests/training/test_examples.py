"""The worked examples, as small as they can be: what is interrupted goes on by the same command."""

import shutil
from pathlib import Path

import pytest

from loupe_shared.bundle import MANIFEST_FILE
from loupe_training import example, surfaces
from loupe_training.command import main
from tests.training.test_command import OPTIONS

SMALL = (*OPTIONS, "--epochs=0")


def test_the_example_goes_on_with_its_report(
    snapshot_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(example, "OPTIONS", SMALL)
    shutil.copytree(snapshot_folder, tmp_path / "snapshot-module")
    to = tmp_path / "version-1"
    goes_on(["example", str(tmp_path)], to)
    capsys.readouterr()
    assert main(["example", str(tmp_path)]) == 0
    assert "trained already" in capsys.readouterr().out


def test_the_surfaces_go_on_with_their_report(
    snapshot_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(surfaces, "OPTIONS", SMALL)
    shutil.copytree(snapshot_folder, tmp_path / "snapshot")
    goes_on(["surfaces", str(tmp_path)], tmp_path)
    assert "the map points at" in capsys.readouterr().out
    assert main(["surfaces", str(tmp_path)]) == 2
    assert "has a bundle already" in capsys.readouterr().err


def goes_on(command: list[str], to: Path) -> None:
    """Let a command fail at its report, and call it again."""
    (to / "report.html").mkdir(parents=True)
    assert main(command) == 2
    manifest = to / "bundle" / MANIFEST_FILE
    written = manifest.stat().st_mtime_ns
    (to / "report.html").rmdir()
    assert main(command) == 0
    assert manifest.stat().st_mtime_ns == written
    assert (to / "report.html").is_file()
