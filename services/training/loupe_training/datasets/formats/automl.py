"""JSON Lines of Azure ML's AutoML for images, multi-class: an object per line with ``image_url`` and ``label``.

AutoML takes a file for each split. So they are written as ``train.jsonl``, ``validation.jsonl`` and ``test.jsonl``, and
a folder of such files is read as one data set.
"""

import json
from collections import defaultdict
from pathlib import Path

from loupe_shared.domain import Model
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.folder import write_new
from loupe_training.datasets.formats.folders import SPLITS
from loupe_training.datasets.formats.text import address_of, folder_of_images, read_text, understood
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.names import Files

ALL = "labels"


class _Line(Model):
    image_url: str
    label: object


def read_automl(path: Path, images: Path | None) -> Labelling:
    """The pictures of a file, or of all files of a folder.

    Args:
        path: of the file or folder.
        images: the folder in which pictures are looked for; see ``folder_of_images``.

    Raises:
        InvalidDataset: lines are not what they should be, or their pictures are not found. It names them.
    """
    found = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    folder = folder_of_images(path if path.is_dir() else path.parent, images)
    files = Files(folder)
    pictures: list[LabelledPicture] = []
    wrong: list[str] = []
    for file in found:
        split = SPLITS.get(file.stem)
        for number, text in enumerate(read_text(file).split("\n"), 1):
            if not text.strip():
                continue
            where = f"{file}, line {number}"
            line = understood(_Line, text, where)
            try:
                name = files.find(line.image_url)
                pictures.append(LabelledPicture(name, folder / name, _label(line.label), where, split=split))
            except (LookupError, ValueError) as error:
                wrong.append(f"{where}: {error.args[0]}")
    if wrong:
        raise InvalidDataset(naming(f"{path} has lines that cannot be used; mend or remove them", wrong))
    return Labelling(str(path), tuple(pictures))


def write_automl(labelling: Labelling, to: Path, prefix: str) -> None:
    """Write a file for each split, or one, and the pictures below ``images``.

    Args:
        labelling: the pictures.
        to: the folder.
        prefix: what addresses of pictures begin with, such as ``azureml://…/paths/line-3``; empty for the folder.

    Raises:
        OSError: the disk does not take it.
    """
    lines: dict[str, list[str]] = defaultdict(list)
    for one in labelling.pictures:
        write_new(to / "images" / one.name, one.file.read_bytes())
        line = {"image_url": address_of(prefix, one.name), "label": one.label}
        lines[one.split or ALL].append(json.dumps(line, ensure_ascii=False))
    for name, texts in lines.items():
        write_new(to / f"{name}.jsonl", "".join(f"{text}\n" for text in texts).encode())


def _label(label: object) -> str:
    if isinstance(label, str):
        return label
    if isinstance(label, list) and label and all(isinstance(one, dict) for one in label):
        raise ValueError("boxes with labels are for detection: only multi-class labels, one text each, can be used")
    if isinstance(label, list):
        raise ValueError("a list of labels is multi-label: only multi-class labels, one text each, can be used")  # noqa: TRY004
    raise ValueError(f"the label {label!r} is no text")
