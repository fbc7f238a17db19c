"""From what people have reviewed to the version that serves, by the one command that a scheduled job runs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from loupe_client import Loupe, NotFound
from loupe_local.azurite import CONTAINER
from loupe_local.stack import Stack
from loupe_training.synthetic import draw
from tests.factories import ROOT, encode
from tests.waiting import wait_for

PYTHON = ROOT / ".venv-training" / "bin" / "python"
NETWORK = ("--backbone=resnet18", "--weights=none", "--frozen-stages=0", "--size=32", "--epochs=1", "--threads=1")
MODEL, OF_EACH = "surfaces", 12
CHECKPOINT_FILE = "checkpoint.pt"  # of loupe_training.training.checkpoint, which needs torch

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not PYTHON.exists(), reason="training has an environment of its own: `make .venv-training/ready` makes it"
    ),
]


@pytest.fixture(scope="module")
def loupe(stack: Stack) -> Iterator[Loupe]:
    """The API, with pictures that people have reviewed."""
    chance = np.random.default_rng(0)
    pictures = {
        f"retraining/{label}-{number}.png": encode(draw(label, 64, chance).picture)
        for label in ("scratch", "sound")
        for number in range(OF_EACH)
    }
    with Loupe(stack.api) as loupe:
        etags = {one.blob: one.etag for one in loupe.upload(pictures)}
        names = [(CONTAINER, name) for name in pictures]
        wait_for(lambda: not loupe.find(names).missing, "outcomes", 120)
        for name, etag in etags.items():
            loupe.review(CONTAINER, name, name.split("/")[1].split("-")[0], etag=etag)
        yield loupe


def start(stack: Stack, work: Path, run: str, *options: str) -> "subprocess.Popen[str]":
    """The command, in a process and an environment of its own."""
    command = [str(PYTHON), "-m", "loupe_training", "retrain", MODEL, str(work), "--prefix=retraining/"]
    told = {"PATH": os.environ["PATH"], "LOUPE_URL": stack.api, "LOUPE_RUN": run, "LOUPE_LOG_FORMAT": "json"}
    return subprocess.Popen(
        [*command, *NETWORK, *options], env=told, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def retrained(stack: Stack, work: Path, run: str, *options: str) -> tuple[int, str, str]:
    """The exit code of the command, and what it writes."""
    with start(stack, work, run, *options) as process:
        said, logged = process.communicate()
    return process.returncode, said, logged


def test_what_was_reviewed_becomes_the_version_that_serves(loupe: Loupe, stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        loupe.model(MODEL)
    code, said, logged = retrained(stack, tmp_path, "first", "--promote")
    assert code == 0, logged
    assert said.endswith(f"registered {MODEL}:1, which serves now\n")
    model = loupe.model(MODEL)
    assert [(one.version, one.labels) for one in model.versions] == [(1, 2)]
    assert model.release
    assert (model.release.serving, model.release.changes[-1].action) == (1, "promote")
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {f"{MODEL}-1.html", f"{MODEL}-1.json"}
    assert "sig=" not in logged  # of the links by which pictures and bundle passed

    code, said, logged = retrained(stack, tmp_path, "second", "--promote")
    assert (code, said) == (0, ""), logged
    assert f"{MODEL}:1 was trained on the same snapshot" in logged
    assert len(loupe.model(MODEL).versions) == 1


def test_a_run_that_was_told_to_end_goes_on_after_its_last_epoch(loupe: Loupe, stack: Stack, tmp_path: Path) -> None:
    before = loupe.models()
    options = ("--again", "--epochs=40", "--patience=40")
    with start(stack, tmp_path, "one", *options) as process:
        wait_for((tmp_path / "run-one" / "training" / CHECKPOINT_FILE).exists, "an epoch", 120)
        process.terminate()
        _, logged = process.communicate()
    assert process.returncode == 130, logged
    assert loupe.models() == before
    code, said, logged = retrained(stack, tmp_path, "one", *options)
    assert code == 0, logged
    assert "going on after epoch" in logged
    assert said.splitlines()[-1].startswith(f"registered {MODEL}:")
    assert not (tmp_path / "run-one").exists()
