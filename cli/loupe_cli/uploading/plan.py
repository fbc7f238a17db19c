"""Which files are to be uploaded, and the names that they get."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from loupe_client.uploads import TYPES
from loupe_shared.api.pictures import NewBlobName

_NAME: TypeAdapter[str] = TypeAdapter(NewBlobName)


@dataclass
class Plan:
    """What is to be uploaded.

    Attributes:
        pictures: files by the names that the blobs get.
        refused: sentences about files that cannot be uploaded.
    """

    pictures: dict[str, Path] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def plan(paths: Iterable[Path], prefix: str | None) -> Plan:
    """Pictures of folders, by their suffixes and with their subfolders, and files.

    What is in a folder keeps its path, under the folder's name or under ``prefix`` in place of that. A file that is
    named itself is uploaded whatever its suffix is.
    """
    made = Plan()
    for path in paths:
        for file, name in _named(path, prefix):
            problem = _problem(name, made)
            if problem:
                made.refused.append(f"{file} is not uploaded: {problem}")
            else:
                made.pictures[name] = file
    return made


def _named(path: Path, prefix: str | None) -> Iterator[tuple[Path, str]]:
    if not path.is_dir():
        yield path, _joined(prefix or "", path.name)
        return
    folder = path.resolve().name if prefix is None else prefix
    for file in sorted(file for file in path.rglob("*") if file.suffix.lower() in TYPES and file.is_file()):
        yield file, _joined(folder, file.relative_to(path).as_posix())


def _joined(folder: str, path: str) -> str:
    folder = folder.strip("/")
    return f"{folder}/{path}" if folder else path


def _problem(name: str, made: Plan) -> str | None:
    if name in made.pictures:
        return f"{made.pictures[name]} gets the same name, {name}"
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return None
