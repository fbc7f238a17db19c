"""Running the loops of ``loops.py`` right before and right after what they are compared with.

A loop runs once on each core, with one thread and its share of the pictures, because Loupe keeps all cores busy, too: a
core whose neighbour rests is quicker, and a comparison with it would measure that.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench.places import PYTHON, ROOT
from loupe_inference.cpus import available_cpus
from loupe_inference.settings import InferenceSettings
from loupe_shared.result import Precision

REFERENCE_BATCH = 32

# What the service chooses if nobody says anything: the fields that have no default are left out.
DEFAULTS = InferenceSettings.model_construct()

M = TypeVar("M")
Y = TypeVar("Y")


@dataclass(frozen=True)
class LoopRun:
    """What a loop took on all cores together.

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
    """Decode and infer with the inference service's own choice of batches."""
    return _on_all_cores("bare", bundle, precision, DEFAULTS.batch_size(), pictures)


def reference_loop(bundle: Path, pictures: Sequence[Path]) -> LoopRun:
    """Decode and infer in the obvious way."""
    return _on_all_cores("reference", bundle, Precision.FP32, REFERENCE_BATCH, pictures)


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


def _on_all_cores(kind: str, bundle: Path, precision: Precision, batch_size: int, pictures: Sequence[Path]) -> LoopRun:
    cores = available_cpus()
    with ThreadPoolExecutor(cores) as pool:
        shares = [pictures[core::cores] for core in range(cores)]
        took = list(pool.map(lambda share: _run(kind, bundle, precision, batch_size, share), shares))
    labels = [""] * len(pictures)
    for core, loop in enumerate(took):
        labels[core::cores] = loop["labels"]
    return LoopRun(
        sum(loop["decode_cpu_s"] for loop in took) * 1000 / len(pictures),
        sum(loop["inference_cpu_s"] for loop in took) * 1000 / len(pictures),
        sum(len(loop["labels"]) / loop["wall_s"] for loop in took),
        tuple(labels),
    )


def _run(kind: str, bundle: Path, precision: Precision, batch_size: int, pictures: Sequence[Path]) -> dict[str, Any]:
    command = [str(PYTHON), "-m", "bench.loops", kind, str(bundle), precision, str(batch_size), "1"]
    paths = "\n".join(str(picture.resolve()) for picture in pictures)
    done = subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    took: dict[str, Any] = json.loads(done.stdout)
    return took
