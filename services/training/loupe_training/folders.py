"""Folders that people name for what is to be written."""

from pathlib import Path

from loupe_shared.errors import ConfigurationError


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, as far as they are not there yet.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the folder {folder} cannot be made ({error.strerror}): name another, in a place that can be written to"
        ) from error
