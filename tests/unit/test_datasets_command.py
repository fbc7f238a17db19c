"""The command, and what the documentation says of it."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from loupe_training.datasets.command import main
from loupe_training.datasets.snapshot import Snapshot, Split
from tests.factories import ROOT
from tests.textures import draw, two_labels

PAGE = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m loupe_training\.datasets (.*)$", PAGE, re.MULTILINE)
PROGRAM = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    boards = [f"{label}/board-{n}.png" for label in ("scratch", "sound") for n in range(10)]
    draw(tmp_path / "photos", *boards)
    local = [shlex.split(one) for one in COMMANDS if "http://" not in one]
    of_boards = [one for one in local if "sets/line-3" not in one]
    assert len(of_boards) >= 3
    for arguments in of_boards:
        assert main(arguments) == 0, arguments
    assert capsys.readouterr().out.endswith("20 pictures written to for-azure\n")
    (program,) = PROGRAM
    exec(program, {})  # noqa: S102  (it is ours)
    tested = Snapshot.load(Path("sets/photos")).of(Split.TEST)
    assert capsys.readouterr().out == "".join(f"sets/photos/images/{one.path} {one.label}\n" for one in tested)


def test_every_option_of_the_page_exists(capsys: pytest.CaptureFixture[str]) -> None:
    help_ = ""
    for command in ("snapshot", "inspect", "convert"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        help_ += capsys.readouterr().out
    for option in set(re.findall(r"--[a-z][a-z-]+", PAGE)):
        assert option in help_, option


def test_a_snapshot_is_made_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two_labels(tmp_path / "photos")
    draw(tmp_path / "photos", "unsure/a.png", first=50)
    arguments = ["snapshot", str(tmp_path / "photos"), str(tmp_path / "one"), "--leave-out", "unsure", "--seed", "7"]
    assert main(arguments) == 0
    made = capsys.readouterr()
    assert main(["inspect", str(tmp_path / "one")]) == 0
    assert capsys.readouterr().out == made.out
    first, digest, *_ = made.out.splitlines()
    assert first == "20 pictures in 20 groups, 2 labels"
    assert digest == f"digest  {Snapshot.load(tmp_path / 'one').digest}"
    assert re.search(r"\nscratch +7 +1 +2 +10\n", made.out)
    assert re.search(r"\nall +14 +2 +4 +20$", made.out.strip())
    assert main(["inspect", str(tmp_path / "one"), "--contents"]) == 0
    assert capsys.readouterr().out == f"{made.out}\nall pictures are what they were\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--test", "1.5"], "datasets: --test: Input should be less than 1"),
        (["--test", "0.6", "--validation", "0.5"], "datasets: validation and test leave nothing to train on"),
        (["--group-by", "("], "datasets: --group-by: '(' is no regular expression"),
        (["--distance", "-1"], "datasets: --distance: Input should be greater than or equal to 0"),
    ],
)
def test_rules_that_make_no_sense(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_labels(tmp_path / "photos")
    assert main(["snapshot", str(tmp_path / "photos"), str(tmp_path / "one"), *arguments]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_the_program_itself() -> None:
    command = [sys.executable, "-m", "loupe_training.datasets"]
    done = subprocess.run([*command, "inspect", "nowhere"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "datasets: nowhere is no snapshot that can be read: No such file or directory (snapshot.json)\n"
    )
    assert "running Loupe" in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def test_torch_is_not_needed() -> None:
    code = "import sys, loupe_training.datasets.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
