"""Makes the int8 graph of a bundle from real pictures, and accepts it only if it is good enough: ``make quantize``.

    python models/quantize.py BUNDLE PICTURES

PICTURES is a folder with pictures and ``labels.csv``, which says what is on each (columns file and label). Ranges are
found with parts of the pictures, and the gate compares both graphs over other, mirrored parts.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into
from loupe_training.export.quantize import Part, add_int8

CALIBRATION_PARTS, GATE_PARTS = 240, 480

# Parts of at least this share of a picture's height or width still show what its label says.
LABELLED_SHARE = 0.85
SMALLEST_SHARE = 0.3


def main() -> None:
    """Make the graph, measure it, and write graph and manifest, or say why not."""
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    bundle = Bundle.load(folder)
    rule = bundle.manifest.preprocessing
    calibration = list(parts(pictures, rule, CALIBRATION_PARTS, seed=1))
    gate, reason = add_int8(bundle, calibration, list(parts(pictures, rule, GATE_PARTS, seed=2, mirror=True)))
    if gate:
        print(json.dumps(gate.model_dump(), indent=1))
    if reason:
        sys.exit(f"the int8 graph is not accepted: {reason}. Give more pictures, or pictures like those to come.")


def parts(folder: Path, rule: Preprocessing, count: int, seed: int, *, mirror: bool = False) -> Iterator[Part]:
    """Square parts of the pictures in a folder, of different sizes and places, drawn by chance but always the same."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["file"]: row["label"] for row in csv.DictReader(file)}
    pictures = {name: Image.open(folder / name).convert("RGB") for name in sorted(labels)}
    whole = rule.model_copy(update={"crop": 1.0})
    chance = np.random.default_rng(seed)
    for number in range(count):
        name = list(pictures)[number % len(pictures)]
        picture = ImageOps.mirror(pictures[name]) if mirror else pictures[name]
        share = chance.uniform(SMALLEST_SHARE, 1.0)
        edge = max(1, round(min(picture.size) * share))
        left, top = (int(chance.integers(0, length - edge + 1)) for length in picture.size)
        pixels: Pixels = np.empty((rule.size, rule.size, 3), np.uint8)
        decode_into(pixels, _bitmap(picture.crop((left, top, left + edge, top + edge))), whole, edge * edge)
        yield Part(pixels, labels[name] if share >= LABELLED_SHARE else None)


def _bitmap(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
