"""Tables (CSV): a line per picture with the columns ``name``, ``label``, and maybe ``group``, ``split``, ``time``."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.folder import write_new
from loupe_training.datasets.formats.folders import SPLITS
from loupe_training.datasets.formats.text import folder_of_images, read_text
from loupe_training.datasets.labelled import LabelledPicture, Labelling, moment
from loupe_training.datasets.names import Files, problem_of

FILE = "labels.csv"
NEEDED, OPTIONAL = ("name", "label"), ("group", "split", "time")


def read_table(path: Path, images: Path | None) -> Labelling:
    """The pictures of a table.

    Args:
        path: of the table.
        images: the folder in which names are looked for; see ``folder_of_images``.

    Raises:
        InvalidDataset: lines are not what they should be. It names them.
    """
    folder = folder_of_images(path.parent, images)
    files = Files(folder)
    pictures: list[LabelledPicture] = []
    wrong: list[str] = []
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        try:
            pictures.append(_picture(row, where, folder, files))
        except ValueError as error:
            wrong.append(f"line {line}: {error}")
    if wrong:
        raise InvalidDataset(naming(f"{path} has lines that cannot be used; mend or remove them", wrong))
    return Labelling(str(path), tuple(pictures))


def write_table(labelling: Labelling, to: Path) -> None:
    """Write a table, and the pictures below ``images``.

    Raises:
        OSError: the disk does not take it.
    """
    text = io.StringIO()
    columns = [*NEEDED, *(name for name in OPTIONAL if any(_cell(one, name) for one in labelling.pictures))]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for one in labelling.pictures:
        write_new(to / "images" / one.name, one.file.read_bytes())
        writer.writerow([one.name, one.label, *(_cell(one, name) for name in columns[2:])])
    write_new(to / FILE, text.getvalue().encode())


def _cell(one: LabelledPicture, column: str) -> str:
    match column:
        case "group":
            return one.group or ""
        case "split":
            return one.split or ""
        case _:
            return one.taken_at.isoformat() if one.taken_at else ""


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines with their numbers, by column."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        columns = next(reader, [])
        unknown = [name for name in columns if name not in (*NEEDED, *OPTIONAL)]
        if unknown or not set(NEEDED) <= set(columns) or len(set(columns)) < len(columns):
            raise InvalidDataset(
                f"{path}, line 1: the columns are {columns}; they must be {', '.join(NEEDED)}, and may be "
                f"{', '.join(OPTIONAL)}, each once, separated by commas"
            )
        for row in reader:
            if not row:
                continue
            if len(row) != len(columns):
                raise InvalidDataset(f"{path}, line {reader.line_num}: {len(row)} columns in place of {len(columns)}")
            yield reader.line_num, dict(zip(columns, row, strict=True))
    except csv.Error as error:
        raise InvalidDataset(f"{path}, line {reader.line_num}: {error}") from error


def _picture(row: dict[str, str], where: str, folder: Path, files: Files) -> LabelledPicture:
    name, split, time = row["name"], row.get("split", ""), row.get("time", "")
    if problem := problem_of(name):
        raise ValueError(f"{name!r}: {problem}")
    if split and split not in SPLITS:
        raise ValueError(f"{split!r} is no split: train, validation and test are")
    in_images = name.removeprefix(f"{folder.name}/")  # names may be relative to the table, too
    found = files.exact(name) or files.exact(in_images) or name  # what is missing is said together with all that is
    return LabelledPicture(
        name=found,
        file=folder / found,
        label=row["label"],
        where=where,
        group=row.get("group") or None,
        split=SPLITS[split] if split else None,
        taken_at=moment(time) if time else None,
    )
