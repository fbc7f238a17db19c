"""Pictures that look like surfaces and unlike each other, for tests about labels."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.factories import encode


def texture(seed: int, size: int = 64) -> Image.Image:
    """Noise whose strength falls with its frequency, as that of most surfaces does."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.fft2(chance.normal(size=(size, size)))
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    surface = np.real(np.fft.ifft2(spectrum / (frequency + 0.01) ** chance.uniform(0.5, 2)))
    grey = 255 * (surface - surface.min()) / np.ptp(surface)
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def draw(folder: Path, *names: str, first: int = 0) -> Path:
    """A folder with a picture of its own under each name."""
    for seed, name in enumerate(names, first):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(texture(seed)))
    return folder


def two_labels(folder: Path, of_each: int = 10) -> Path:
    """A folder with the folders ``scratch`` and ``sound``."""
    return draw(folder, *(f"{label}/{n:02}.png" for label in ("scratch", "sound") for n in range(of_each)))
