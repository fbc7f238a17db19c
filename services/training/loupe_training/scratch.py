"""Arrays that may be larger than memory, in files without names: they are gone with the process, however it ends."""

import errno
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from loupe_shared.errors import ConfigurationError


def room(shape: tuple[int, ...], dtype: "np.dtype[Any]", scratch: Path) -> Any:  # noqa: ANN401  (an array of that type)
    """An array of zeros, in a file whose whole length is reserved: a disk that fills up later would kill the process.

    Args:
        shape: of the array.
        dtype: of the array.
        scratch: a folder on the disk that is to hold it.

    Raises:
        ConfigurationError: the disk has no room.
    """
    needed = math.prod(shape) * dtype.itemsize
    if not needed:
        return np.empty(shape, dtype)
    try:
        with tempfile.TemporaryFile(dir=scratch) as file:
            _reserve(file.fileno(), needed, scratch)
            return np.memmap(file, dtype, "r+", shape=shape)
    except OSError as error:
        raise ConfigurationError(
            f"{scratch} has no room for {needed / 1e6:,.0f} MB that training keeps there while it runs "
            f"({error.strerror}): make room, name a folder on another disk, or train with fewer pixels (--size)"
        ) from error


def _reserve(file: int, length: int, scratch: Path) -> None:
    if length > shutil.disk_usage(scratch).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, length)
    else:  # macOS
        os.ftruncate(file, length)
