"""What `make` says on a machine that lacks something: one sentence that tells what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import ROOT

BOOTSTRAP = ROOT / "services" / "local" / "bootstrap.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a fresh checkout has of everything that setting up reads."""
    projects = [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
    for file in [ROOT / "Makefile", ROOT / "requirements" / "lock.txt", BOOTSTRAP, *projects]:
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return tmp_path


def make(checkout: Path, **env: str) -> str:
    """What `make setup` says when it fails."""
    program = shutil.which("make")
    assert program
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    done = subprocess.run([program, "setup"], cwd=checkout, env=outer | env, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def only(folder: Path, **programs: str) -> str:
    """A PATH with a shell and these scripts, and nothing else."""
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_no_python(checkout: Path, tmp_path: Path) -> None:
    assert "Loupe needs Python 3.11, 3.12, 3.13 or 3.14, and none was found" in make(
        checkout, PATH=only(tmp_path / "bin")
    )


def test_an_old_python(checkout: Path, tmp_path: Path) -> None:
    path = only(tmp_path / "bin", python3="exit 1")  # what its answer to the question for its version is
    assert "Loupe needs Python 3.11, 3.12, 3.13 or 3.14" in make(checkout, PATH=path)


def test_no_network(checkout: Path) -> None:
    said = make(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert "loupe: the Python packages could not be installed; what pip says of it:" in said
    assert not (checkout / ".venv" / "ready").exists()


def test_a_python_without_venv(tmp_path: Path) -> None:
    """Debian's python3 has the module venv, but no ensurepip until python3-venv is installed."""
    code = (
        "import runpy, sys, subprocess, venv\n"
        "def create(*_, **__): raise subprocess.CalledProcessError(1, 'ensurepip')\n"
        "venv.create = create\n"
        f"sys.argv = ['bootstrap.py', 'python', {str(tmp_path / 'venv')!r}, 'x']\n"
        f"runpy.run_path({str(BOOTSTRAP)!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("loupe: Python cannot make virtual environments here: on Debian and Ubuntu, install")
    assert done.stderr.count("\n") == 1
