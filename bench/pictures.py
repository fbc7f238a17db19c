"""Pictures to measure with, made from the sample photos: all different, and the same ones every time."""

import hashlib
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from PIL import Image

from bench.places import SAMPLES
from loupe_local.photos import find_photos

JPEG_QUALITY = 88  # about what cameras and phones write
SMALLEST_CROP = 0.5  # of the photo's edge


@dataclass(frozen=True)
class Kind:
    """A kind of picture. ``suffix`` is that of its files, and tells the format."""

    width: int
    height: int
    suffix: str

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.width}×{self.height} {self.suffix.removeprefix('.').upper()}"


SMALL = Kind(640, 480, ".jpg")
LARGE = Kind(1600, 1200, ".jpg")

# 100 KB that a model of this size takes as they are, so that nearly nothing of the work is decoding.
RAW = Kind(182, 182, ".bmp")


def make_pictures(folder: Path, kind: Kind, count: int) -> list[Path]:
    """The first ``count`` pictures of a kind, in a folder below ``folder``. What is there already is not made again."""
    place = folder / f"{kind.width}x{kind.height}-{_fingerprint()}"
    place.mkdir(parents=True, exist_ok=True)
    paths = [place / f"{number:05}{kind.suffix}" for number in range(count)]
    with ProcessPoolExecutor() as pool:
        make: Callable[[Path], None] = partial(_make, kind=kind)
        list(pool.map(make, [path for path in paths if not path.exists()], chunksize=16))
    return paths


def _make(path: Path, kind: Kind) -> None:
    part = path.with_suffix(".part")
    draw(kind, int(path.stem)).save(part, "BMP" if kind.suffix == ".bmp" else "JPEG", quality=JPEG_QUALITY)
    part.rename(path)


def draw(kind: Kind, number: int) -> Image.Image:
    """A part of one of the photos, enlarged or reduced to the size of a kind."""
    chance = random.Random(f"{kind.name} {number}")  # noqa: S311  (for variety)
    photo = chance.choice(_photos())
    scale = chance.uniform(SMALLEST_CROP, 1.0) * min(photo.width / kind.width, photo.height / kind.height)
    width, height = kind.width * scale, kind.height * scale
    left, top = chance.uniform(0, photo.width - width), chance.uniform(0, photo.height - height)
    size, box = (kind.width, kind.height), (left, top, left + width, top + height)
    return photo.resize(size, Image.Resampling.BICUBIC, box=box)


@cache
def _photos() -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in find_photos(SAMPLES)]


@cache
def _fingerprint() -> str:
    """Changes with the photos that pictures are made from."""
    digest = hashlib.blake2b(digest_size=4)
    for path in find_photos(SAMPLES):
        digest.update(path.read_bytes())
    return digest.hexdigest()
