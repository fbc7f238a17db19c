"""Folders that appear when all that is in them is there."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loupe_training.datasets.errors import InvalidDataset


@contextmanager
def appearing(to: Path) -> Iterator[Path]:
    """A new folder beside ``to``, which takes its place at the end. After an error, nothing of it is left.

    Raises:
        InvalidDataset: ``to`` is there already, or the disk does not take what is written.
    """
    if to.exists():
        raise InvalidDataset(f"{to} is there already, and is not changed: name a new folder, or move it away")
    part = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
        yield part
        part.rename(to)
    except OSError as error:
        what = f" ({error.filename})" if error.filename else ""
        raise InvalidDataset(f"{to} was not made, and nothing of it is left: {error.strerror}{what}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, with the folders that it lies in.

    Raises:
        OSError: it is there, perhaps under a name that this disk does not tell apart; or it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
