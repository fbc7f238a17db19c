"""The pictures of a snapshot as a model takes them: decoded once, by the package that workers decode with."""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loupe_shared.errors import ImageRejected
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.snapshot import Sample
from loupe_training.scratch import room

log = logging.getLogger(__name__)

MAX_PIXELS = 100_000_000
MAX_BAD_SHARE = 0.05
PER_PROGRESS = 64


@dataclass(frozen=True)
class Pictures:
    """Decoded pictures.

    Attributes:
        pixels: ``uint8[N, size, size, 3]``, in a file that is gone with the process.
        samples: what they show, in the same order.
        left_out: which pictures could not be decoded, and why.
    """

    pixels: Pixels
    samples: tuple[Sample, ...]
    left_out: tuple[str, ...]


def decode_pictures(
    images: Path,
    samples: Sequence[Sample],
    rule: Preprocessing,
    scratch: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> Pictures:
    """Decode pictures into a file.

    Args:
        images: the folder that paths are relative to.
        samples: the pictures.
        rule: how they are decoded.
        scratch: a folder on a disk with room for all of them.
        progress: told of how many more are done.

    Raises:
        InvalidDataset: more than one in twenty cannot be decoded.
        ConfigurationError: the disk has no room.
    """
    pixels: Pixels = room((len(samples), rule.size, rule.size, 3), np.dtype(np.uint8), scratch)

    def decode(number: int) -> str | None:
        path = samples[number].path
        try:
            decode_into(pixels[number], (images / path).read_bytes(), rule, MAX_PIXELS)
        except ImageRejected as error:
            return f"{path!r}: {error.detail}"
        except OSError as error:
            return f"{path!r}: {error.strerror}"
        return None

    problems: list[str | None] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(samples), PER_PROGRESS):
            part = range(start, min(start + PER_PROGRESS, len(samples)))
            problems.extend(pool.map(decode, part))
            progress(len(part))
    bad = [problem for problem in problems if problem]
    if bad:
        _judge(bad, len(samples))
    good = [number for number, problem in enumerate(problems) if not problem]
    for place, number in enumerate(good):
        if place != number:
            pixels[place] = pixels[number]
    return Pictures(pixels[: len(good)], tuple(samples[number] for number in good), tuple(bad))


def _judge(bad: list[str], count: int) -> None:
    if len(bad) > MAX_BAD_SHARE * count:
        raise InvalidDataset(
            naming(
                f"{len(bad)} of {count} pictures cannot be decoded: mend or remove them, and make a new snapshot", bad
            )
        )
    log.warning("%s", naming(f"{len(bad)} of {count} pictures cannot be decoded, and are left out", bad))
