"""Drift of real pictures, seen by the model that Loupe comes with: its embeddings alone tell."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from loupe_query.drift.baseline import OfTraining
from loupe_query.drift.figures import figures
from loupe_shared.api.drift import Aspect, Verdict
from loupe_shared.preprocess import Pixels
from loupe_training.evaluation.answers import Graph, load_bundle
from loupe_training.export.reference import reference_of
from tests.drifting import Seen
from tests.factories import BUNDLE, SAMPLES

SIZE = 224
REFERENCE, DAYS, OF_A_DAY = 160, 7, 20

Change = Callable[[Image.Image], Image.Image]


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """Photos of many things."""
    return [Image.open(path).convert("RGB") for path in sorted(SAMPLES.iterdir()) if path.suffix in (".jpg", ".png")]


@pytest.fixture(scope="module")
def graph() -> tuple[Graph, tuple[str, ...]]:
    """The model, and its labels."""
    bundle, graph = load_bundle(BUNDLE)
    return graph, bundle.manifest.labels


def parts_of(photos: list[Image.Image], count: int, seed: int, change: Change = lambda part: part) -> Pixels:
    """Parts of photos, ``uint8[count, SIZE, SIZE, 3]``."""
    chance = np.random.default_rng(seed)
    parts = []
    for number in chance.integers(0, len(photos), count):
        photo = photos[number]
        edge = int(min(photo.size) * chance.uniform(0.5, 0.9))
        left, top = (int(chance.integers(0, length - edge + 1)) for length in photo.size)
        part = photo.crop((left, top, left + edge, top + edge)).resize((SIZE, SIZE))
        parts.append(np.asarray(change(part)))
    return np.stack(parts)


@pytest.fixture(scope="module")
def baseline(graph: tuple[Graph, tuple[str, ...]], photos: list[Image.Image]) -> OfTraining:
    """Parts of these photos as they are."""
    model, labels = graph
    outputs = model.run(parts_of(photos, REFERENCE, seed=1))
    groups = [str(number) for number in range(REFERENCE)]
    return OfTraining(reference_of(labels, outputs.probabilities, outputs.embedding, groups))


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda part: part, Verdict.STEADY),
        (lambda part: ImageEnhance.Brightness(part).enhance(0.3), Verdict.DRIFT),
        (lambda part: part.filter(ImageFilter.GaussianBlur(4)), Verdict.DRIFT),
    ],
    ids=["as they were", "darker", "blurred"],
)
def test_embeddings_tell_pictures_apart_that_look_different(
    change: Change,
    verdict: Verdict,
    graph: tuple[Graph, tuple[str, ...]],
    photos: list[Image.Image],
    baseline: OfTraining,
) -> None:
    embeddings = graph[0].run(parts_of(photos, DAYS * OF_A_DAY, seed=2, change=change)).embedding
    window = Seen(
        kinds=np.zeros(len(embeddings), np.int64),
        scores=np.full(len(embeddings), 0.5),
        features=embeddings,
        days=[f"2026-11-{16 + number // OF_A_DAY}" for number in range(len(embeddings))],
    )
    found = next(figure for figure in figures(baseline, window) if figure.aspect is Aspect.EMBEDDINGS)
    assert found.verdict is verdict, found
