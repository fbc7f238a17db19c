"""How large images are, how long services take to start, and what memory they have when nothing happens.

With ``--figures``, the table of docs/images.md is written anew.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.docker.conftest import BASE, Cluster
from tests.docker.engine import docker
from tests.docker.kubelet import RunningPod, memory_bytes
from tests.factories import ROOT

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

PAGE = ROOT / "docs" / "images.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
MB = 1_000_000
STARTS = 3  # of which the quickest counts: the others were disturbed
MAX_MEMORY = 1.25  # times the target
HEAD = "| image | unpacked | without its base | start until ready | memory when idle |\n|---|---|---:|---|---|\n"
REDO = 'run `make docker-test ARGS="--figures -k figures"`'


@dataclass(frozen=True)
class Target:
    """What an image, and a service that runs from it, may take at most."""

    size_mb: float
    start_s: float
    memory_mb: float


@dataclass(frozen=True)
class Figures:
    """What was measured. ``added_mb`` is the size without the base."""

    size_mb: float
    added_mb: float
    start_s: float | None = None
    memory_mb: float | None = None


API = Target(size_mb=150, start_s=3, memory_mb=150)
WORKER = Target(size_mb=350, start_s=5, memory_mb=400)


def size_mb(image: str) -> float:
    """Of an image, unpacked."""
    return int(docker("inspect", "--format", "{{.Size}}", image)) / MB


def start_s(pod: RunningPod) -> float:
    """Seconds from the start of the process until the pod is ready, by its probes."""
    pod.stop()
    pod.start()
    began = datetime.fromisoformat(pod.container.state()["StartedAt"][:26] + "+00:00").timestamp()
    pod.wait_until_ready()
    return time.time() - began


def measure(image: str, pod: RunningPod | None) -> Figures:
    """All figures of an image. One that no service runs from has only its size."""
    size = size_mb(image)
    if pod is None:
        return Figures(size, size - size_mb(BASE))
    starting = min(start_s(pod) for _ in range(STARTS))
    return Figures(size, size - size_mb(BASE), starting, memory_bytes(pod.container) / MB)


def row(name: str, figures: Figures) -> str:
    """A line of the table."""
    target = WORKER if name == "inference" else API
    size = shown(figures.size_mb, target.size_mb, ".0f", "MB")
    starting = shown(figures.start_s, target.start_s, ".1f", "s")
    memory = shown(figures.memory_mb, target.memory_mb, ".0f", "MB")
    return f"| {name} | {size} | {figures.added_mb:.0f} MB | {starting} | {memory} |\n"


def shown(value: float | None, limit: float, form: str, unit: str) -> str:
    """A figure, with its target and a word if it is above."""
    if value is None:
        return ""
    return f"{value:{form}} {unit}" + (f" (≤ {limit:g}: **missed**)" if value > limit else "")


def test_figures(request: pytest.FixtureRequest, images: Mapping[str, str], cluster: Cluster) -> None:
    measured = {name: measure(image, cluster.get(f"loupe-{name}")) for name, image in images.items()}
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    shown, _, after = rest.partition(END)
    if request.config.getoption("--figures"):
        table = HEAD + "".join(row(name, figures) for name, figures in measured.items())
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
        return
    # Sizes without the base, because that may be another, and no times, because machines differ.
    added = {name: float(size) for name, size in re.findall(r"^\| (\S+) \|.*?\| (\d+) MB \|", shown, re.MULTILINE)}
    assert {name: figures.added_mb for name, figures in measured.items()} == pytest.approx(added, rel=0.1, abs=1), REDO
    for name, figures in measured.items():
        if figures.memory_mb is not None:
            assert figures.memory_mb < MAX_MEMORY * (WORKER if name == "inference" else API).memory_mb, name
