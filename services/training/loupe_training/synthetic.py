"""Drawn pictures of a surface, some with a defect whose place is known: to try the training out, and to score heatmaps.

A surface is noise with a grain of its own. A defect is a scratch (a thin dark line) or a stain (a bright spot).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from loupe_training.datasets.build import make_snapshot
from loupe_training.datasets.labelled import LabelledPicture, Labelling
from loupe_training.datasets.rules import NearDuplicates, Rules
from loupe_training.datasets.snapshot import Snapshot

SOUND, SCRATCH, STAIN = "sound", "scratch", "stain"
LABELS = (SOUND, SCRATCH, STAIN)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Drawing:
    """A picture.

    Attributes:
        mask: where the defect is, ``bool[size, size]``.
    """

    picture: Image.Image
    mask: Mask


def draw(label: str, size: int, chance: np.random.Generator) -> Drawing:
    """Draw a surface of ``size`` pixels with or without a defect."""
    surface = _surface(size, chance)
    mask = Image.new("L", (size, size))
    pen = ImageDraw.Draw(mask)
    x, y = chance.uniform(0.25, 0.75, 2) * size
    if label == SCRATCH:
        angle, length = chance.uniform(0, np.pi), chance.uniform(0.25, 0.45) * size
        across, down = np.cos(angle) * length / 2, np.sin(angle) * length / 2
        pen.line((x - across, y - down, x + across, y + down), fill=255, width=max(2, size // 50))
    elif label == STAIN:
        radius = chance.uniform(0.08, 0.16) * size
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    blurred = np.asarray(mask.filter(ImageFilter.GaussianBlur(size / 200)), np.float64)[..., None] / 255
    change = {SOUND: 0.0, SCRATCH: -60.0, STAIN: 40.0}[label]
    pixels = np.clip(surface + blurred * change, 0, 255).astype(np.uint8)
    return Drawing(Image.fromarray(pixels), np.asarray(mask) > 0)


def draw_snapshot(to: Path, of_each: int, size: int, seed: int = 0, labels: tuple[str, ...] = LABELS) -> Snapshot:
    """A snapshot of drawn pictures.

    Args:
        to: its folder; the drawings lie beside it.
        of_each: how many pictures each label gets.
        size: edge in pixels.
        seed: of the drawings.
        labels: of them.
    """
    drawings = to.with_name(f"{to.name}-drawings")
    chance = np.random.default_rng(seed)
    pictures: list[LabelledPicture] = []
    for label in labels:
        (drawings / label).mkdir(parents=True, exist_ok=True)
        for number in range(of_each):
            name = f"{label}/{number:04}.png"
            draw(label, size, chance).picture.save(drawings / name)
            pictures.append(LabelledPicture(name, drawings / name, label, name))
    return make_snapshot(
        Labelling("drawn surfaces", tuple(pictures)), Rules(near_duplicates=NearDuplicates.REPORT, seed=seed), to
    )


def _surface(size: int, chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """Noise whose strength falls with its frequency, in a tint of its own, ``float64[size, size, 3]``."""
    spectrum = np.fft.fft2(chance.normal(size=(size, size)))
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    noise = np.real(np.fft.ifft2(spectrum / (frequency + 0.02) ** chance.uniform(0.3, 1.0)))
    grey = 128 + chance.uniform(10, 20) * noise / noise.std()
    tint: npt.NDArray[np.float64] = grey[..., None] + chance.uniform(-12, 12, 3)
    return tint
