"""Folders as labels: ``LABEL/a.jpg``, or ``train/LABEL/a.jpg`` and the same for ``validation`` and ``test``."""

import os
from collections.abc import Iterator
from pathlib import Path

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.folder import write_new
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.snapshot import Split

SPLITS = {"train": Split.TRAIN, "validation": Split.VALIDATION, "val": Split.VALIDATION, "test": Split.TEST}
PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def read_folders(root: Path) -> Labelling:
    """The pictures in folders. What is no picture by its name is left out, with a note.

    Raises:
        InvalidDataset: there are pictures outside of any folder.
    """
    if not root.is_dir():
        raise InvalidDataset(f"{root} is no folder")
    below = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    with_splits = bool(below) and set(below) <= SPLITS.keys()
    pictures: list[LabelledPicture] = []
    outside: list[str] = []
    others: list[str] = []
    for path in sorted(_files(root)):
        name = path.relative_to(root).as_posix()
        split, inner = (SPLITS[name.partition("/")[0]], name.partition("/")[2]) if with_splits else (None, name)
        label, _, rest = inner.partition("/")
        if path.suffix.lower() not in PICTURES:
            others.append(name)
        elif rest:
            pictures.append(LabelledPicture(name, path, label, f"{root}/{name}", split=split))
        else:
            outside.append(name)
    if outside:
        raise InvalidDataset(naming(f"{root} has pictures that are in no folder of a label", outside))
    return Labelling(str(root), tuple(pictures)).noting("left out: files that are no pictures by their names", others)


def write_folders(labelling: Labelling, to: Path) -> None:
    """Write pictures into folders of their labels, and these into folders of their splits if all have one.

    Raises:
        InvalidDataset: a label cannot be the name of a folder.
        OSError: the disk does not take it.
    """
    impossible = sorted({one.label for one in labelling.pictures if "/" in one.label or one.label.startswith(".")})
    if impossible:
        raise InvalidDataset(naming("labels cannot be names of folders; export as csv instead", impossible))
    with_splits = all(one.split for one in labelling.pictures)
    for one in labelling.pictures:
        folder = to / str(one.split) if with_splits else to
        own = f"{one.split}/{one.label}/" if with_splits else f"{one.label}/"
        inner = next(
            (one.name[len(start) :] for start in (own, f"{one.label}/") if one.name.startswith(start)), one.name
        )
        write_new(folder / one.label / inner, one.file.read_bytes())


def _files(root: Path) -> Iterator[Path]:
    """All files but hidden ones, which programs leave behind."""
    for parent, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent) / name for name in names if not name.startswith("."))
