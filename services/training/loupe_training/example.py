"""The worked example: which solar cells have a defect?

The pictures are 2,624 electroluminescence photos of solar cells from 44 modules (Buerhop-Lutz et al., *A Benchmark
for Visual Identification of Defective Solar Cells in Electroluminescence Imagery*, 2018; Deitsch et al., 2019; 2021).
They come as the package elpv-dataset, under CC-BY-NC-SA-4.0: not for commercial use, and so is a model that is trained
on them.

Each photo has the probability of a defect that experts gave it. Taken are those of which they were sure, 0 and 1.
"""

from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path

from loupe_shared.errors import ConfigurationError
from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.rules import Rules
from loupe_training.datasets.snapshot import Snapshot

PACKAGE = "elpv_dataset"
LABELS = {"0.0": "sound", "1.0": "defect"}

# The package does not say which cells are of one module, but its order does: cells were cut from photos of modules, row
# by row, and modules differ in cell type, brightness and grain. Where one ends was found by eye; 110 are two that
# cannot be told apart for certain. Cells of one module share a photo, so a fair test is of other modules.
CELLS_OF_MODULES = (*repeat(60, 20), 54, *repeat(60, 8), 110, *repeat(60, 5), 72, *repeat(60, 3), 48, *repeat(60, 3))

# Nothing on these photos says which side is up, and a missed defect costs more than a second look at a sound cell.
OPTIONS = (
    "--name=solar-cells",
    "--licence=CC-BY-NC-SA-4.0",
    "--views=turned",
    "--epochs=12",
    "--cost=defect=5",
)


def make_example_snapshot(to: Path, split_by: str) -> Snapshot:
    """A snapshot of the photos.

    Args:
        to: its folder.
        split_by: ``module``, so that no module is divided between splits, or ``cell``.

    Raises:
        ConfigurationError: the package is not installed.
        InvalidDataset: see ``make_snapshot``.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the photos are not installed: `make train-example` installs them")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    rows = [line.split() for line in (folder / "labels.csv").read_text(encoding="utf-8").splitlines() if line.strip()]
    modules = list(chain.from_iterable(repeat(number, cells) for number, cells in enumerate(CELLS_OF_MODULES, 1)))
    pictures = tuple(
        LabelledPicture(
            name=Path(path).name,
            file=folder / path,
            label=LABELS[probability],
            where=f"labels.csv, line {line}",
            group=f"module {module}" if split_by == "module" else None,
        )
        for line, ((path, probability, _), module) in enumerate(zip(rows, modules, strict=True), 1)
        if probability in LABELS
    )
    return make_snapshot(Labelling(f"elpv-dataset, split by {split_by}", pictures), Rules(), to)
