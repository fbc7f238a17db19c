"""Where labels come from and go to: which format it is follows from the name."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.folder import appearing
from loupe_training.datasets.formats.automl import read_automl, write_automl
from loupe_training.datasets.formats.coco import read_coco, write_coco
from loupe_training.datasets.formats.folders import read_folders, write_folders
from loupe_training.datasets.formats.table import read_table, write_table
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.snapshot import MANIFEST_FILE, Snapshot


class Format(StrEnum):
    """What labels can be written as. COCO is what Azure ML's labelling exports, too."""

    FOLDERS = "folders"
    CSV = "csv"
    COCO = "coco"
    AUTOML = "automl"


_BY_SUFFIX: dict[str, Callable[[Path, Path | None], Labelling]] = {
    ".csv": read_table,
    ".json": read_coco,
    ".jsonl": read_automl,
}


def read(source: Path, images: Path | None) -> Labelling:
    """The labels of a file or folder: a snapshot, a CSV, COCO or JSON Lines file, or folders as labels.

    Args:
        source: the file or folder.
        images: in which pictures are looked for, if not beside the labels.

    Raises:
        InvalidDataset: it is none of these, or not what it should be.
    """
    if images is not None and not images.is_dir():
        raise InvalidDataset(f"the images are to be in {images}, which is no folder")
    if (source / MANIFEST_FILE).is_file():
        return read_snapshot(Snapshot.load(source), str(source))
    if source.is_dir():
        return read_automl(source, images) if any(source.glob("*.jsonl")) else read_folders(source)
    if source.suffix.lower() not in _BY_SUFFIX:
        raise InvalidDataset(
            f"{source} is no source of labels: name a snapshot, a folder of folders, a file that ends in "
            f"{', '.join(_BY_SUFFIX)}, or the address of a running Loupe"
        )
    return _BY_SUFFIX[source.suffix.lower()](source, images)


def read_snapshot(snapshot: Snapshot, origin: str) -> Labelling:
    """The pictures of a snapshot, with their groups and splits."""
    pictures = tuple(
        LabelledPicture(one.path, snapshot.images / one.path, one.label, f"{origin}, {one.path}", one.group, one.split)
        for one in snapshot.samples
    )
    return Labelling(origin, pictures)


def write(labelling: Labelling, to: Path, format_: Format, prefix: str = "") -> None:
    """Write labels and pictures into a new folder.

    Args:
        labelling: in which every picture is there, once; see ``checked``.
        to: the folder, which must not be there yet.
        format_: of the labels.
        prefix: what addresses of pictures begin with, in formats that have addresses.

    Raises:
        InvalidDataset: the format cannot hold it, or the disk does not take it. Nothing of it is left.
    """
    with appearing(to) as folder:
        match format_:
            case Format.FOLDERS:
                write_folders(labelling, folder)
            case Format.CSV:
                write_table(labelling, folder)
            case Format.COCO:
                write_coco(labelling, folder, prefix)
            case Format.AUTOML:
                write_automl(labelling, folder, prefix)
