"""Bundles that are brought into a folder of this machine, which several processes may do at once."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_shared.errors import InvalidBundle


def brought(name: str, version: int, folder: Path, fill: Callable[[Path], None]) -> Bundle:
    """The bundle in a folder; if it is not there, or not as it was, it is brought first.

    It is made beside the folder, checked, and renamed. Whatever goes wrong, nothing of it stays.

    Args:
        name: of the model.
        version: of it.
        folder: where the bundle is to be.
        fill: writes the bundle's files into another folder, which is empty.

    Raises:
        InvalidBundle: what was brought is not what its manifest says, or the disk does not take it.
    """
    try:
        return _load(name, version, folder)
    except InvalidBundle:
        pass
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch) / "bundle"
            made.mkdir()
            fill(made)
            _load(name, version, made)
            return _place(name, version, made, folder)
    except OSError as error:
        raise InvalidBundle(f"the model bundle {folder} cannot be written: {error.strerror}") from error


def _place(name: str, version: int, made: Path, folder: Path) -> Bundle:
    try:
        made.rename(folder)
    except OSError:  # something is there already
        try:
            return _load(name, version, folder)  # another process was quicker
        except InvalidBundle:
            folder.rename(made.with_name("replaced"))
            made.rename(folder)
    return _load(name, version, folder)


def _load(name: str, version: int, folder: Path) -> Bundle:
    bundle = Bundle.load(folder)
    found = bundle.manifest
    if (found.name, found.version) != (name, version):
        raise InvalidBundle(f"{folder} has the bundle {found.name}:{found.version}, and not {name}:{version}")
    return bundle
