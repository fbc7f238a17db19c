"""Files of labels as text and as JSON, with errors that name the place."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from loupe_training.datasets.errors import InvalidDataset, naming

M = TypeVar("M", bound=BaseModel)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        InvalidDataset: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidDataset(f"{path} cannot be read: {error.strerror}") from error


def read_text(path: Path) -> str:
    """A file in UTF-8, with or without a mark at its beginning.

    Raises:
        InvalidDataset: it cannot be read, or is something else.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidDataset(f"{path}, line {line}: the text is not in UTF-8: save it as UTF-8") from error


def understood(type_: type[M], text: str | bytes, where: str) -> M:
    """A value from its JSON.

    Raises:
        InvalidDataset: it is something else. It names the first places.
    """
    try:
        return type_.model_validate_json(text)
    except ValidationError as error:
        places = [f"{'.'.join(map(str, one['loc'])) or 'the text'}: {one['msg']}" for one in error.errors()]
        raise InvalidDataset(naming(f"{where} is not what it should be", places)) from error


def folder_of_images(beside: Path, images: Path | None) -> Path:
    """Where pictures are looked for: where somebody says; or in the folder ``images`` beside the labels; or there."""
    return images or (beside / "images" if (beside / "images").is_dir() else beside)


def address_of(prefix: str, name: str) -> str:
    """The address of a picture in labels that are written, below what the other program calls its folder."""
    return f"{prefix.rstrip('/')}/{name}" if prefix else f"images/{name}"
