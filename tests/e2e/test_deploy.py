"""A model that was just trained is deployed: it answers, and a worse one does not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.synthetic import SOUND, STAIN, draw_snapshot
from tests.factories import FRONTEND, ROOT
from tests.nearest import nearest_mean

PROGRAM = (sys.executable, "-m", "loupe_local.deploy")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Stains, and surfaces without."""
    return draw_snapshot(tmp_path_factory.mktemp("drawn") / "snapshot", of_each=20, size=64, labels=(SOUND, STAIN))


class Deployer:
    """Deploys bundles, on the same data."""

    def __init__(self, snapshot: Snapshot, state: Path) -> None:
        self.snapshot = snapshot.images.parent
        self.state = state

    def start(self, bundle: Path, *options: str) -> subprocess.Popen[str]:
        """Start the program."""
        places = (bundle, self.snapshot, "--state", self.state, "--frontend", FRONTEND)
        return subprocess.Popen(
            [*PROGRAM, *map(str, places), *options],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "60"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, bundle: Path) -> tuple[int, list[str], str]:
        """Run it to its end: exit code, lines, errors."""
        process = self.start(bundle, "--once")
        output, errors = process.communicate(timeout=150)
        return process.returncode, output.splitlines(), errors


@pytest.fixture
def deployer(snapshot: Snapshot, tmp_path: Path) -> Deployer:
    """With empty data."""
    return Deployer(snapshot, tmp_path / "state")


@pytest.mark.timeout(300)
def test_a_worse_version_is_refused_and_another_answers(deployer: Deployer, snapshot: Snapshot, tmp_path: Path) -> None:
    first = nearest_mean(snapshot, tmp_path / "first", "stains")
    code, lines, errors = deployer.run(first)
    assert (code, errors) == (0, "")
    picture = snapshot.of(Split.TEST)[0]
    assert lines[0].startswith("registered  stains:1, accuracy ")
    assert lines[1] == "promoted    version 1 serves"
    assert lines[2].startswith(f"answered    stains/{picture.path} is ")
    assert lines[2].endswith(f"says stains:1; people call it {picture.label}")

    worse = nearest_mean(snapshot, tmp_path / "worse", "stains", 2, misled=True)
    code, lines, errors = deployer.run(worse)
    assert (code, len(lines)) == (1, 1)
    assert errors.startswith("loupe: version 2 is not let through: its accuracy is ")
    assert errors.count("\n") == 1

    third = nearest_mean(snapshot, tmp_path / "third", "stains", 3)
    code, lines, errors = deployer.run(third)
    assert (code, errors) == (0, "")
    assert lines[1] == "promoted    version 3 serves, in place of 1"
    assert "says stains:3;" in lines[2]


@pytest.mark.timeout(300)
def test_it_stays_and_shows_the_picture(deployer: Deployer, snapshot: Snapshot, tmp_path: Path) -> None:
    process = deployer.start(nearest_mean(snapshot, tmp_path / "bundle", "stains"))
    assert process.stdout
    line = ""
    while not line.startswith("page "):
        line = process.stdout.readline()
        assert line, process.communicate()
    page = httpx2.get(line.split()[1], headers={"Accept": "text/html"})
    assert "<title>Loupe</title>" in page.text
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output.endswith("Everything has ended.\n")


def test_a_folder_that_is_no_snapshot(snapshot: Snapshot, deployer: Deployer, tmp_path: Path) -> None:
    bundle = nearest_mean(snapshot, tmp_path / "bundle", "stains")
    deployer.snapshot = tmp_path
    code, lines, errors = deployer.run(bundle)
    assert (code, lines) == (1, [])
    assert errors.startswith(f"loupe: {tmp_path} is no snapshot")
