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

import httpx2
import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from loupe_client import Loupe
from loupe_local.azurite import ACCOUNT, KEY, StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.domain import Outcome
from loupe_shared.errors import ConfigurationError
from tests.factories import BUNDLE, ROOT, SAMPLES, encode, photo
from tests.waiting import wait_for

MARK = "RUN_OF_A_TEST"
PROGRAM = str(Path(sys.executable).parent / "loupe")


class Runner:
    """Starts the program like `make run` does, on free ports and data of its own."""

    def __init__(self, state: Path) -> None:
        self.mark = uuid.uuid4().hex
        names = ("blob", "queue", "api", "ingestion")
        self.ports = {name: free_port() for name in names}
        self.state = state
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start it."""
        ports = [part for name, port in self.ports.items() for part in (f"--{name}-port", str(port))]
        process = subprocess.Popen(
            [PROGRAM, "up", "--state", str(self.state), *ports, *options],
            cwd=ROOT,
            env={**os.environ, MARK: self.mark, "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def stop(self) -> None:
        """End what a failed test left."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=60)
        for orphan in self.processes():
            os.kill(orphan, signal.SIGKILL)

    def run(self, *options: str) -> tuple[int, str, str]:
        """Run it to its end: exit code, output, errors."""
        process = self.start("--once", *options)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def processes(self) -> list[int]:
        """Every process that descends from it, whoever is its parent by now, where the system shows that."""
        if sys.platform != "linux":
            return []
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
    runner.stop()


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc, which only Linux has")


@linux_only
def test_answers_and_a_second_start_that_finds_them(runner: Runner) -> None:
    code, output, errors = runner.run()
    assert (code, errors) == (0, "")
    for word in ("tiger cat", "espresso", "missile", "tripod", "palace", "daisy", "efficientnet-lite0:1"):
        assert word in output
    assert runner.processes() == []
    log = runner.state / "logs" / "inference.log"
    received = log.read_text().count("known by their bytes")
    assert received > 0
    code, again, errors = runner.run()
    assert (code, errors) == (0, "")
    assert again.splitlines()[-9:] == output.splitlines()[-9:]
    assert log.read_text().count("known by their bytes") == received


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stays_until_it_is_told_to_end_and_leaves_no_orphan(runner: Runner, number: signal.Signals) -> None:
    process = runner.start()
    assert process.stdout
    output = ""
    while "with a browser" not in output:
        line = process.stdout.readline()
        assert line, process.communicate()
        output += line
    page = httpx2.get(output.split()[-1], headers={"Accept": "text/html"})
    assert "<title>Loupe</title>" in page.text
    for address in (f"127.0.0.1:{runner.ports['api']}/docs", f"127.0.0.1:{runner.ports['ingestion']}/events"):
        assert address in output
    assert len(runner.processes()) == 10  # itself, broker, storage, seven services
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output.endswith("Everything has ended.\n")
    assert runner.processes() == []


@linux_only
def test_even_when_it_is_killed_nothing_stays(runner: Runner) -> None:
    process = runner.start()
    wait_for(lambda: len(runner.processes()) == 10, "everything to run")
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
    # What it was just starting when it was told to end, it may not know yet: that ends with it, and needs a moment.
    wait_for(lambda: not runner.processes(), "all of it to end")


def one_sentence_beside(runner: Runner) -> str:
    """What a second run says while the first goes on."""
    code, _, errors = runner.run()
    assert code == 1
    assert errors.count("\n") == 1
    return errors


def test_a_port_that_is_none(runner: Runner) -> None:
    code, _, errors = runner.run("--api-port", "99999")
    assert (code, "99999 is no port" in errors) == (2, True)


def test_a_folder_that_cannot_be_written_to(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    runner.state = tmp_path / "file" / "state"
    assert "cannot be written to" in one_sentence(runner)


def test_no_disk_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10**7, 10**7))  # noqa: SLF001
    storage = StoragePorts(free_port(), free_port())
    with (
        pytest.raises(ConfigurationError, match="only 10 MB of disk are free"),
        Stack(StackConfig(tmp_path, BUNDLE, free_port(), free_port(), storage)),
    ):
        pass


def test_a_proxy_is_not_asked_for_this_machine(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    code, output, _ = runner.run()
    assert (code, "espresso" in output) == (0, True)


def uploaded(runner: Runner) -> int:
    """How many blobs there are."""
    credential = {"account_name": ACCOUNT, "account_key": KEY}
    endpoint = f"http://127.0.0.1:{runner.ports['blob']}/{ACCOUNT}"
    with BlobServiceClient(endpoint, credential, retry_total=0) as service:
        try:
            return sum(1 for _ in service.get_container_client("images").list_blob_names())
        except AzureError:  # the storage, or the container, is not there yet
            return 0


@linux_only
def test_what_was_interrupted_is_made_up_for(runner: Runner, tmp_path: Path) -> None:
    """The bridge is slower than eight uploads at once: what it has not yet sent is gone when it ends."""
    folder = tmp_path / "many"
    folder.mkdir()
    small = photo().resize((64, 48))
    for number in range(400):
        (folder / f"{number}.jpg").write_bytes(encode(small, "JPEG"))
    process = runner.start("--once", "--images", str(folder))
    wait_for(lambda: uploaded(runner) > 200, "uploads")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    code, output, errors = runner.run("--images", str(folder))
    assert (code, errors) == (0, "")
    assert "… and 300 more" in output


def known_outcomes(api: str) -> dict[str, Outcome]:
    """What became of each blob."""
    with Loupe(api) as loupe:
        return {result.image.blob: result.outcome for result in loupe.images()}


@linux_only
def test_deletes_that_were_not_seen_are_made_up_for(runner: Runner) -> None:
    storage = StoragePorts(runner.ports["blob"], runner.ports["queue"])
    config = StackConfig(runner.state, BUNDLE, runner.ports["api"], runner.ports["ingestion"], storage)
    with Stack(config) as stack, stack.azurite.blobs() as service:
        container = service.get_container_client("images")
        container.upload_blob("passing.jpg", (SAMPLES / "flower.jpg").read_bytes())
        wait_for(lambda: known_outcomes(stack.api), "the outcome")
        container.delete_blobs("passing.jpg")  # inside a batch request, which the bridge does not see
    with Stack(config) as stack:
        wait_for(lambda: known_outcomes(stack.api) == {"passing.jpg": Outcome.DELETED}, "the deletion")


def test_odd_names_and_links(runner: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(SAMPLES / "coffee.png", folder / "IMG_12 [edited] :dog:.png")
    (folder / "link.jpg").symlink_to(SAMPLES / "flower.jpg")
    code, output, errors = runner.run("--images", f"{folder}/")
    assert (code, errors) == (0, "")
    assert "pictures/IMG_12 [edited] :dog:.png" in output
    assert "pictures/link.jpg" in output
    assert "daisy" in output
