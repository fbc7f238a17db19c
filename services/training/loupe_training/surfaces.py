"""The second example: drawn surfaces with defects whose places are known, so that heatmaps can be scored, too."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import decode_into
from loupe_training.datasets.snapshot import Snapshot
from loupe_training.evaluation.answers import Graph, Outputs
from loupe_training.evaluation.pointing import points_at
from loupe_training.synthetic import LABELS, SOUND, Drawing, draw, draw_snapshot

# At 224 pixels the map has 7 × 7 places, each larger than most of the defects.
SIZE = 320
OF_EACH = 120
PLAYED = 100
OPTIONS = ("--name=surfaces", f"--size={SIZE}", "--epochs=0")


@dataclass(frozen=True)
class Score:
    """How a bundle did in the pointing game with one label.

    Attributes:
        drawn: pictures with this label.
        right: of these, those that were labelled rightly.
        pointed: of these, those whose map is strongest on the defect, or right beside it.
    """

    label: str
    drawn: int
    right: int
    pointed: int

    def __str__(self) -> str:
        share = f" ({self.pointed / self.right:.0%})" if self.right else ""
        return f"{self.label}: {self.right} of {self.drawn} labelled rightly, the map points at {self.pointed}{share}"


def make_surfaces(to: Path, seed: int) -> Snapshot:
    """A snapshot of ``OF_EACH`` drawings of each label."""
    return draw_snapshot(to, OF_EACH, SIZE, seed)


def play(folder: Path, seed: int, of_each: int = PLAYED) -> list[Score]:
    """Let a bundle point at the defects of drawings that it was not trained on.

    Args:
        folder: of the bundle.
        seed: of the drawings; another one than its training's.
        of_each: how many of each kind of defect are drawn.

    Raises:
        InvalidBundle: a file is missing or altered, or the graph is not what the manifest says.
    """
    bundle, chance = Bundle.load(folder), np.random.default_rng(seed)
    rule, graph = bundle.manifest.preprocessing, Graph(bundle)
    scores = []
    for label in (label for label in LABELS if label != SOUND):
        drawings = [draw(label, rule.size, chance) for _ in range(of_each)]
        pixels = np.empty((of_each, rule.size, rule.size, 3), np.uint8)
        for place, drawing in enumerate(drawings):
            decode_into(pixels[place], _png(drawing), rule, rule.size**2)
        scores.append(score(label, drawings, graph.run(pixels), bundle.manifest.labels))
    return scores


def score(label: str, drawings: Sequence[Drawing], outputs: Outputs, labels: Sequence[str]) -> Score:
    """Count.

    Args:
        label: of all drawings.
        drawings: the pictures.
        outputs: what a graph says of them, in the same order.
        labels: in the order of the probabilities.
    """
    right = outputs.probabilities.argmax(axis=1) == labels.index(label)
    pointed = sum(
        points_at(activation_map, drawing.mask)
        for activation_map, drawing, is_right in zip(outputs.activation_map, drawings, right, strict=True)
        if is_right
    )
    return Score(label, len(drawings), int(right.sum()), pointed)


def _png(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    drawing.picture.save(buffer, "PNG")
    return buffer.getvalue()
