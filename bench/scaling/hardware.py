"""What a worker and its node are, and how long they take: measured where it could be, stated where not.

The times of images are the benchmark's. It gives the mean of each run, so what is drawn are these means, of both sizes
of pictures: jobs differ by the mix of sizes in them.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bench.places import RESULTS
from bench.scaling.traffic import Floats, Integers

MEASURED = RESULTS / "2-cores.json"
MEASURED_CPUS = 2
SIZES = ("640×480 JPG", "1600×1200 JPG")
MODEL = "CPU, bare loop, model"
INFERENCE = "CPU, inference"


@dataclass(frozen=True)
class Hardware:
    """A kind of node and what runs on it.

    Attributes:
        name: for people.
        machine: Azure's name of the node's size.
        cpus: of the node.
        workers: that fit on a node.
        cpus_per_worker: that each of them has.
        model_images_per_s: that the GPU infers; unset if the CPUs do that, in ``precision``.
        precision: of the model on CPUs, as the benchmark calls it.
        node_s: until a new node is there (median), which varies by a quarter.
        pull_s: until a new node has the image.
        start_s: from the process to its first job. Measured on CPUs; a GPU loads libraries and plans batches.
        idle_s: after which an empty node is removed.
    """

    name: str
    machine: str
    cpus: int
    workers: int
    cpus_per_worker: int
    model_images_per_s: float | None
    precision: str = "fp32"
    node_s: float = 150.0
    pull_s: float = 20.0
    start_s: float = 0.7
    idle_s: float = 600.0

    def image_s(self) -> Floats:
        """Seconds that an image keeps a worker busy: float64, one for each size and run of the benchmark."""
        of_sizes = [self._of_size(f"{size}, {self.precision}") for size in SIZES]
        return np.concatenate(of_sizes)

    def images_per_s(self) -> float:
        """What a worker does when it is busy."""
        return float(1 / self.image_s().mean())

    def draw(self, images: Integers, rng: np.random.Generator) -> Floats:
        """Seconds that jobs of so many images keep a worker busy: float64, as many."""
        each = self.image_s()
        counts = rng.multinomial(images, np.full(len(each), 1 / len(each)))
        seconds: Floats = counts @ each
        return seconds

    def _of_size(self, case: str) -> Floats:
        if self.model_images_per_s is None:
            return MEASURED_CPUS / self.cpus_per_worker / figure(case, "throughput, Loupe")
        beside_model = (figure(case, INFERENCE) - figure(case, MODEL)) / 1000 / self.cpus_per_worker
        return np.maximum(beside_model, 1 / self.model_images_per_s)


@cache
def _rows(path: Path) -> dict[tuple[str, str, str], tuple[float, ...]]:
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {(row["figure"], row["case"], row["name"]): tuple(row["runs"]) for row in rows}


def figure(case: str, name: str, group: str = "efficiency") -> Floats:
    """Every run of one of the benchmark's figures: float64."""
    return np.array(_rows(MEASURED)[group, case, name])


# What GPUs infer is an assumption for EfficientNet-Lite0 in batches of 32, until `python -m loupe_inference tune BUNDLE
# --device cuda` says it. It hardly matters: the CPUs beside the GPU decode fewer images than it could infer.
KINDS = {
    "cpu": Hardware("CPU, fp32", "Standard_D16as_v6", 16, 3, 4, None),
    "cpu-int8": Hardware("CPU, int8", "Standard_D16as_v6", 16, 3, 4, None, precision="int8"),
    "t4": Hardware("T4", "Standard_NC4as_T4_v3", 4, 1, 4, 2_000, node_s=240, pull_s=90, start_s=15),
    "a100": Hardware("A100", "Standard_NC24ads_A100_v4", 24, 1, 24, 8_000, node_s=300, pull_s=90, start_s=15),
    "h100": Hardware("H100", "Standard_NC40ads_H100_v5", 40, 1, 40, 12_000, node_s=300, pull_s=90, start_s=15),
}
