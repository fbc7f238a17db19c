"""`make run` as a person meets it: the answers, a second start, trouble, and what is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from loupe_local.ports import free_port
from tests.factories import BUNDLE, ROOT, SAMPLES
from tests.waiting import wait_for

MARK = "RUN_OF_A_TEST"


class Runner:
    """Starts the program like `make run` does, on free ports and data of its own."""

    def __init__(self, state: Path) -> None:
        self.mark = uuid.uuid4().hex
        names = ("blob", "queue", "api", "ingestion")
        self.ports = {name: free_port() for name in names}
        self.state = state

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start it."""
        ports = [part for name, port in self.ports.items() for part in (f"--{name}-port", str(port))]
        return subprocess.Popen(
            [sys.executable, "-m", "loupe_local", "--state", str(self.state), *ports, *options],
            cwd=ROOT,
            env={**os.environ, MARK: self.mark, "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str) -> tuple[int, str, str]:
        """Run it to its end: exit code, output, errors."""
        process = self.start("--once", *options)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def processes(self) -> list[int]:
        """Every process that descends from it, whoever is its parent by now."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_ours(entry)]

    def _is_ours(self, process: Path) -> bool:
        """By a mark in its environment; Valkey writes its title over that, but works in its folder."""
        try:
            marked = f"{MARK}={self.mark}".encode() in (process / "environ").read_bytes().split(b"\0")
            return marked or (process / "cwd").readlink() == self.state / "valkey"
        except OSError:  # it ended while we looked
            return False


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A runner that leaves nothing behind, even if a test fails."""
    runner = Runner(tmp_path / "state")
    yield runner
    for process in runner.processes():
        os.kill(process, signal.SIGKILL)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc, which only Linux has")


@linux_only
def test_answers_and_a_second_start_that_finds_them(runner: Runner) -> None:
    code, output, errors = runner.run()
    assert (code, errors) == (0, "")
    for word in ("tiger cat", "espresso", "missile", "tripod", "palace", "daisy", "efficientnet-lite0:1"):
        assert word in output
    assert runner.processes() == []
    log = runner.state / "logs" / "inference.log"
    received = log.read_text().count("loupe.classify")
    assert received > 0
    code, again, errors = runner.run()
    assert (code, errors) == (0, "")
    assert again.splitlines()[-9:] == output.splitlines()[-9:]
    assert log.read_text().count("loupe.classify") == received


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stays_until_it_is_told_to_end_and_leaves_no_orphan(runner: Runner, number: signal.Signals) -> None:
    process = runner.start()
    assert process.stdout
    output = ""
    while "Ctrl-C" not in output:
        line = process.stdout.readline()
        assert line, process.communicate()
        output += line
    for address in (f"127.0.0.1:{runner.ports['api']}/docs", f"127.0.0.1:{runner.ports['ingestion']}/events"):
        assert address in output
    assert len(runner.processes()) == 7  # itself, broker, storage, four services
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output.endswith("Everything has ended.\n")
    assert runner.processes() == []


@linux_only
def test_even_when_it_is_killed_nothing_stays(runner: Runner) -> None:
    process = runner.start()
    wait_for(lambda: len(runner.processes()) == 7, "everything to run")
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not runner.processes(), "everything to end")


def test_pictures_of_ones_own(runner: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "my pictures" / "deep"
    folder.mkdir(parents=True)
    shutil.copy(SAMPLES / "coffee.png", folder / "morning.PNG")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a picture by its name")
    code, output, errors = runner.run("--images", str(tmp_path / "my pictures"))
    assert (code, errors) == (0, "")
    assert "my pictures/deep/morning.PNG" in output
    assert "espresso" in output
    assert "rejected: not_an_image" in output
    assert "notes.txt" not in output


def one_sentence(runner: Runner, *options: str) -> str:
    """What it says when it cannot run; it must be short, and nothing may be left running."""
    code, _, errors = runner.run(*options)
    assert code == 1
    assert "Traceback" not in errors
    assert errors.count("\n") == 1
    if sys.platform == "linux":
        assert runner.processes() == []
    return errors


@pytest.mark.parametrize("name", ["blob", "queue", "api", "ingestion"])
def test_a_port_that_is_taken(runner: Runner, name: str) -> None:
    with socket.create_server(("127.0.0.1", runner.ports[name])):
        said = one_sentence(runner)
    assert f"port {runner.ports[name]}" in said
    assert f"make run {name.upper()}_PORT=" in said


def test_a_broken_model(runner: Runner, tmp_path: Path) -> None:
    model = Path(shutil.copytree(BUNDLE, tmp_path / "model"))
    (model / "model.onnx").write_bytes(b"broken")
    said = one_sentence(runner, "--model", str(model))
    assert "model.onnx is not the file that the manifest describes" in said


def test_a_missing_model(runner: Runner, tmp_path: Path) -> None:
    assert "cannot be read: No such file" in one_sentence(runner, "--model", str(tmp_path / "nowhere"))


def test_a_folder_without_pictures(runner: Runner, tmp_path: Path) -> None:
    assert "holds no pictures" in one_sentence(runner, "--images", str(tmp_path))
    assert "must name a folder" in one_sentence(runner, "--images", str(tmp_path / "nowhere"))


def test_a_second_run_on_the_same_data(runner: Runner) -> None:
    process = runner.start()
    assert process.stdout
    wait_for((runner.state / "valkey").exists, "the first to start")
    said = one_sentence_beside(runner)
    assert "runs already" in said
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def one_sentence_beside(runner: Runner) -> str:
    """What a second run says while the first goes on."""
    code, _, errors = runner.run()
    assert code == 1
    assert errors.count("\n") == 1
    return errors


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="making a small disk needs root")
def test_no_disk_space(runner: Runner, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        runner.state = disk / "state"
        assert "MB of disk are free" in one_sentence(runner)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
