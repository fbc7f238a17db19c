"""The command line as a person meets it: the program itself, against everything."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loupe_local.stack import Stack
from tests.factories import SAMPLES
from tests.waiting import wait_for

PROGRAM = str(Path(sys.executable).parent / "loupe")
FOLDER = "from the terminal"
COFFEE = f"{FOLDER}/coffee.png"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def env(stack: Stack) -> dict[str, str]:
    """The environment of the program."""
    return {"LOUPE_URL": stack.api, "NO_PROXY": "127.0.0.1", "LANG": "C.UTF-8"}


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path) -> Run:
    """Runs the program to its end."""

    def run(*arguments: str, code: int = 0, is_plain: bool = True) -> subprocess.CompletedProcess[str]:
        command = [PROGRAM, *arguments]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr
        assert is_plain != ("\x1b" in done.stdout + done.stderr)  # pipes get plain text
        return done

    return run


def test_pictures_are_uploaded_answered_found_compared_exported_and_traced(run: Run, tmp_path: Path) -> None:
    upload = ("upload", str(SAMPLES), "--prefix", FOLDER)
    answers = run(*upload, "--wait", "--json", "--again")
    assert answers.stderr == "loupe: 6 pictures uploaded\n"
    seen = {image["image"]["blob"]: image for image in map(json.loads, answers.stdout.splitlines())}
    assert (len(seen), seen[COFFEE]["label"]) == (6, "espresso")
    assert run(*upload).stderr == "loupe: 0 pictures uploaded, 6 there already\n"

    listed = run("results", "--prefix", FOLDER, "--label", "espresso", "--since", "1h", "--json").stdout
    assert json.loads(listed) == seen[COFFEE]
    assert json.loads(run("show", f"images/{COFFEE}", "--json").stdout) == seen[COFFEE]
    assert "▀" not in run("show", COFFEE).stdout
    assert "▀" in run("show", COFFEE, "--picture", is_plain=False).stdout
    wait_for(lambda: "flower.jpg" in run("similar", COFFEE, "-n", "100").stdout, "images to be comparable")
    run("export", "espresso.csv", "--prefix", FOLDER, "--label", "espresso")
    assert COFFEE in (tmp_path / "espresso.csv").read_text()
    passage = run("trace", COFFEE).stdout
    for stage in ("uploaded", "queued", "fetch", "decode", "inference", "waited", "store", "in the archive"):
        assert f"\n{stage} " in passage
    assert run("review", COFFEE, "cup").stdout.split()[-5:-2] == ["espresso", "→", "cup"]
    assert "→" not in run("review", COFFEE, "--take-back").stdout


def test_an_image_that_nobody_has_uploaded(run: Run) -> None:
    assert run("trace", "never/was.png", code=1).stdout.startswith("never/was.png is not in storage")


def test_the_program_that_starts_everything_explains_itself(run: Run) -> None:
    assert run("up", "--help").stdout.startswith("usage: loupe up [-h] [--images IMAGES] [--once]")
    assert "99999 is no port" in run("up", "--api-port", "99999", code=2).stderr


def test_a_checkup_of_a_system_that_is_well(run: Run) -> None:
    found = run("doctor", "--drop").stdout.splitlines()
    assert len(found) == 12
    assert all(line.startswith("ok ") for line in found)
    assert found[-1].startswith("ok       a picture went through in ")


def test_watching(run: Run, env: dict[str, str]) -> None:
    command = [PROGRAM, "watch", "--prefix", "watched/"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        assert watching.stderr
        assert watching.stderr.readline().startswith("loupe: watching ")
        run("upload", str(SAMPLES / "rocket.jpg"), "--prefix", "watched", "--again")
        assert watching.stdout.readline().split()[2:4] == ["watched/rocket.jpg", "missile"]
        watching.send_signal(signal.SIGINT)
        assert watching.communicate(timeout=30) == ("", "")
    assert watching.returncode == 130


def test_a_reader_that_has_seen_enough(run: Run, env: dict[str, str]) -> None:
    run("upload", str(SAMPLES / "rocket.jpg"), "--prefix", "watched", "--wait")
    line = f"{PROGRAM} results --json --limit 20 | head -c 1"
    done = subprocess.run(["sh", "-c", line], env=env | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{", "")
