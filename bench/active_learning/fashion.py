"""Fashion-MNIST: photos of clothes in ten classes, 28×28 pixels in grey, 60,000 to train and 10,000 to test.

Xiao, Rasul and Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms, 2017,
https://arxiv.org/abs/1708.07747. Debian and Ubuntu have it as a package, under the MIT licence.
"""

import gzip
import struct
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from loupe_shared.errors import ConfigurationError

FOLDER = Path("/usr/share/datasets/fashion-mnist")
LABELS = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

Bytes = npt.NDArray[np.uint8]


def read(folder: Path, part: Literal["train", "t10k"]) -> tuple[Bytes, Bytes]:
    """Pictures, ``uint8[N, 28, 28]``, and the numbers of their labels, ``uint8[N]``.

    Raises:
        ConfigurationError: they are not there.
    """
    try:
        return _array(folder / f"{part}-images-idx3-ubyte.gz"), _array(folder / f"{part}-labels-idx1-ubyte.gz")
    except OSError as error:
        raise ConfigurationError(
            f"Fashion-MNIST is not in {folder} ({error.strerror or error}): `apt install dataset-fashion-mnist` on "
            "Debian and Ubuntu, or name the folder of its four files with --data"
        ) from error


def _array(path: Path) -> Bytes:
    """A file in IDX: two zeros, a type, the number of dimensions, each of them, and the values."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
