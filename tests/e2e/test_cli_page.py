"""The terminal sessions on the page of the command line are what a terminal shows. ``make sessions`` writes them."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from loupe_local.azurite import StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig
from tests.e2e.test_cli import PROGRAM
from tests.factories import BUNDLE, ROOT, SAMPLES
from tests.waiting import wait_for

PAGE = ROOT / "docs" / "cli.md"
SESSION = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
WIDTH = "110"

# What differs from run to run: whatever is measured, names of workers, and sizes of bars and columns.
CHANGING = (
    (re.compile(r"0x[0-9A-F]+|[0-9a-f]{14}-[0-9a-f]{8}"), "#"),
    (re.compile(r"\d[\d.,:-]*( [kM]?B\b)?"), "#"),
    (re.compile(r"^\S+(?= .* s ago$)", re.MULTILINE), "#"),
    (re.compile(r"[█·]+"), ""),
    (re.compile(r" +"), " "),
)

# What is in the archive can be compared, and workers have reported it, some seconds later.
LATE = ("similar", "pipeline")

Terminal = Callable[[str], str]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal beside a system in which nothing has happened yet."""
    storage = StoragePorts(free_port(), free_port())
    (tmp_path / "samples").symlink_to(SAMPLES)
    with Stack(StackConfig(tmp_path / "state", BUNDLE, free_port(), free_port(), storage)) as stack:
        env = {"LOUPE_URL": stack.api, "NO_PROXY": "127.0.0.1", "LANG": "C.UTF-8", "COLUMNS": WIDTH, "TZ": "UTC"}
        as_by_default = {stack.api: "http://127.0.0.1:8080", f"127.0.0.1:{storage.blob}": "127.0.0.1:10000"}

        def run(line: str) -> str:
            _, *arguments = shlex.split(line)
            done = subprocess.run(
                [PROGRAM, *arguments],
                env=env,
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stdout
            said = done.stdout
            for here, usual in as_by_default.items():
                said = said.replace(here, usual)
            return "".join(f"{line.rstrip()}\n" for line in said.splitlines())

        yield run


def commands(session: str) -> Iterator[tuple[str, str]]:
    """Each command of a session, and what the page shows of it."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield line, output


def shape(output: str) -> list[str]:
    """An output without what changes. Answers come in any order."""
    for pattern, placeholder in CHANGING:
        output = pattern.sub(placeholder, output)
    return sorted(line.strip() for line in output.splitlines() if line)


def test_sessions(terminal: Terminal, request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--sessions"):
        write(page, terminal)
        return
    sessions = SESSION.findall(page)
    assert sessions
    for line, output in (command for session in sessions for command in commands(session)):
        expected = shape(output)
        if line.split()[1] in LATE:
            with suppress(AssertionError):
                wait_for(lambda line=line, expected=expected: shape(terminal(line)) == expected, line, timeout_s=15)  # type: ignore[misc]
        assert shape(terminal(line)) == expected, f"{line}: run `make sessions`, which shows how they differ"


def write(page: str, terminal: Terminal) -> None:
    """Put what a terminal shows now into the page."""

    def anew(session: re.Match[str]) -> str:
        return "\n".join(f"$ {line}\n{terminal(line)}" for line, _ in commands(session.group()))

    PAGE.write_text(SESSION.sub(anew, page), encoding="utf-8")
