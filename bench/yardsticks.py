"""Running the loops of ``loops.py`` right before and right after what they are compared with."""

import json
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.places import PYTHON, ROOT
from loupe_inference.cpus import available_cpus
from loupe_inference.settings import InferenceSettings
from loupe_shared.domain import Precision

REFERENCE_BATCH = 32

# What the service chooses if nobody says anything: the fields that have no default are left out.
DEFAULTS = InferenceSettings.model_construct()

M = TypeVar("M")
Y = TypeVar("Y")


@dataclass(frozen=True)
class LoopRun:
    """What a loop took.

    Attributes:
        decode_ms: CPU per image.
        inference_ms: CPU per image.
        images_per_s: by the clock.
        labels: the most probable label of each picture.
    """

    decode_ms: float
    inference_ms: float
    images_per_s: float
    labels: tuple[str, ...]

    @property
    def cpu_ms(self) -> float:
        """CPU per image of both."""
        return self.decode_ms + self.inference_ms


def bare_loop(bundle: Path, precision: Precision, pictures: Sequence[Path]) -> LoopRun:
    """Decode and infer as the inference service does by default."""
    return _run("bare", bundle, precision, DEFAULTS.batch_size(), DEFAULTS.threads, pictures)


def reference_loop(bundle: Path, pictures: Sequence[Path]) -> LoopRun:
    """Decode and infer in the obvious way."""
    return _run("reference", bundle, Precision.FP32, REFERENCE_BATCH, 1, pictures)


def bare_loops_on_all_cores(bundle: Path, precision: Precision, pictures: Sequence[Path]) -> float:
    """Images per second of a bare loop with one thread per core, each with its share of the pictures."""
    cores = available_cpus()
    shares = [pictures[core::cores] for core in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        loops = pool.map(lambda share: _run("bare", bundle, precision, DEFAULTS.batch_size(), 1, share), shares)
        return sum(loop.images_per_s for loop in loops)


def bracketed(runs: int, yardstick: Callable[[], Y], measure: Callable[[], M]) -> list[tuple[M, tuple[Y, Y]]]:
    """Measure some times, with the yardstick before, between and after.

    Returns:
        Each measurement with the yardsticks right before and right after it.
    """
    found: list[tuple[M, tuple[Y, Y]]] = []
    before = yardstick()
    for _ in range(runs):
        measured = measure()
        after = yardstick()
        found.append((measured, (before, after)))
        before = after
    return found


def mean(values: Sequence[float]) -> float:
    """Of the yardsticks around a measurement."""
    return sum(values) / len(values)


def _run(
    kind: str, bundle: Path, precision: Precision, batch_size: int, threads: int, pictures: Sequence[Path]
) -> LoopRun:
    command = [str(PYTHON), "-m", "bench.loops", kind, str(bundle), precision, str(batch_size), str(threads)]
    paths = "\n".join(str(picture.resolve()) for picture in pictures)
    done = subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    took = json.loads(done.stdout)
    return LoopRun(
        took["decode_cpu_s"] * 1000 / len(pictures),
        took["inference_cpu_s"] * 1000 / len(pictures),
        len(pictures) / took["wall_s"],
        tuple(took["labels"]),
    )
