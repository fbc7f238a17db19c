"""Embeddings to search among, in the results' file: real ones, and a million that lie between them.

Real ones are what the model makes of parts of the sample photos. To infer a million of them would take an hour, so
most are made of real ones. With b among the eight nearest to a, and d among those to c, one is

    a + u (b - a) ± v (c - d)    0 ≤ u ≤ 1, 0.3 ≤ v ≤ 1

but zero where a and b are both zero, and nowhere below zero, as the model's own are. What is added to a point between
two neighbours is thus a difference of two others: as long as these are, with the same covariance. So the nearest do not
stand out like copies of one another. 20,000 made ones are as close together as 20,000 real ones (cosines of 0.93, 0.86
and 0.72 to the 10th, 100th and 1000th nearest; real: 0.93, 0.85 and 0.71), as many principal components have 90 % of
the variance (114; real: 115), and among a million the 10th and the 100th are harder to tell apart (0.98 and 0.96).
"""

import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from bench.places import SAMPLES
from loupe_local.photos import find_photos
from loupe_shared.adapters.sqlite_file import SqliteFile
from loupe_shared.adapters.sqlite_tables import EMBED, SCHEMA, VERSION
from loupe_shared.bundle import MANIFEST_FILE, Bundle
from loupe_shared.embedding import Floats, Vectors, quantize, stack

QUERIES = 200
NEAREST = 100  # of each query are known
NEIGHBOURS = 8
AT_ONCE = 4000
BATCH = 2
SMALLEST_PART = 0.12  # of a photo's shorter edge

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EmbeddingSet:
    """A results' file with embeddings, and what the right answers to some queries are.

    Attributes:
        queries: a file of JSON: by the id of an image, those of the others that are nearest to it, nearest first.
    """

    results: Path
    queries: Path
    space: str


def make_sets(folder: Path, model: Path, counts: tuple[int, int]) -> tuple[EmbeddingSet, EmbeddingSet]:
    """A set of real embeddings, and a larger one of the same and of made ones. What is there is not made again."""
    bundle = Bundle.load(model)
    space = str(bundle.manifest.model_version())
    recipe = hashlib.blake2b(Path(__file__).read_bytes() + (model / MANIFEST_FILE).read_bytes(), digest_size=4)
    places = [folder / f"{count}-{recipe.hexdigest()}" for count in counts]
    sets = [EmbeddingSet(place / "results.sqlite", place / "queries.json", space) for place in places]
    if not all(made.queries.exists() for made in sets):
        real = _infer(bundle, counts[0])
        _write(sets[0], real, counts[0])
        _write(sets[1], real, counts[1])
    return sets[0], sets[1]


def _infer(bundle: Bundle, count: int) -> Floats:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        numbers = [range(start, min(start + 200, count)) for start in range(0, count, 200)]
        return np.concatenate(list(pool.map(partial(_infer_some, bundle), numbers)))


def _infer_some(bundle: Bundle, numbers: range) -> Floats:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(bundle.model_path()), options)
    photos = [Image.open(path).convert("RGB") for path in find_photos(SAMPLES)]
    size = bundle.manifest.preprocessing.size
    parts = np.stack([_draw(photos, size, number) for number in numbers])
    batches = [parts[start : start + BATCH] for start in range(0, len(parts), BATCH)]
    return np.concatenate([session.run(["embedding"], {"images": batch})[0] for batch in batches])


def _draw(photos: list[Image.Image], size: int, number: int) -> npt.NDArray[np.uint8]:
    """A part of one of the photos, as it is or mirrored."""
    chance = random.Random(number)  # noqa: S311  (for variety)
    photo = chance.choice(photos)
    edge = min(photo.size) * chance.uniform(SMALLEST_PART, 1)
    left, top = chance.uniform(0, photo.width - edge), chance.uniform(0, photo.height - edge)
    part = photo.resize((size, size), Image.Resampling.BICUBIC, (left, top, left + edge, top + edge))
    return np.asarray(part)[:, :: chance.choice((1, -1))]


def _write(made: EmbeddingSet, real: Floats, count: int) -> None:
    """Fill a file, then find the nearest of some embeddings by looking at all."""
    shutil.rmtree(made.results.parent, ignore_errors=True)
    file = SqliteFile(made.results, SCHEMA, VERSION)
    chance = np.random.default_rng(1)
    ids = [hashlib.blake2b(b"%d" % number, digest_size=16).digest() for number in range(count)]
    parts: list[Vectors] = []
    unnamed = iter(ids)
    for part in _parts(real, count, chance):
        embeddings = quantize(part)
        parts.append(stack([one.values for one in embeddings]))
        with file.transaction() as connection:
            rows = [(next(unnamed), made.space, one.scale, one.values) for one in embeddings]
            connection.executemany(EMBED, rows)
    file.close()
    queries = chance.choice(count, QUERIES, replace=False)
    answers = {
        ids[query].hex(): [ids[place].hex() for place in nearest]
        for query, nearest in zip(queries, _nearest(np.concatenate(parts), queries), strict=True)
    }
    made.queries.write_text(json.dumps(answers))


def _parts(real: Floats, count: int, chance: np.random.Generator) -> Iterator[Floats]:
    """The real ones, then made ones."""
    for start in range(0, len(real), AT_ONCE):
        yield real[start : start + AT_ONCE]
    neighbours = _neighbours(real)
    for start in range(len(real), count, AT_ONCE):
        yield _make(real, neighbours, min(AT_ONCE, count - start), chance)


def _make(real: Floats, neighbours: Places, count: int, chance: np.random.Generator) -> Floats:
    """As the module says."""

    def pairs() -> tuple[Floats, Floats]:
        places = chance.integers(len(real), size=count)
        return real[places], real[neighbours[places, chance.integers(NEIGHBOURS, size=count)]]

    (a, b), (c, d) = pairs(), pairs()
    u, v = chance.random((2, count, 1), np.float32)
    sign = chance.choice(np.array([-1, 1], np.float32), (count, 1))
    made: Floats = a + u * (b - a) + sign * (0.3 + 0.7 * v) * (c - d)
    made[(a == 0) & (b == 0)] = 0
    made[made < 0] = 0
    return made


def _neighbours(real: Floats) -> Places:
    directions = real / np.linalg.norm(real, axis=1, keepdims=True)
    found = np.empty((len(real), NEIGHBOURS), np.int64)
    for start in range(0, len(real), AT_ONCE):
        cosines = directions[start : start + AT_ONCE] @ directions.T
        # The nearest of all is the embedding itself.
        nearest = np.argpartition(-cosines, NEIGHBOURS + 1, axis=1)[:, : NEIGHBOURS + 1]
        order = np.argsort(-np.take_along_axis(cosines, nearest, 1), axis=1)[:, 1:]
        found[start : start + AT_ONCE] = np.take_along_axis(nearest, order, 1)
    return found


def _nearest(vectors: Vectors, queries: Places) -> Places:
    """Of each query, without itself."""
    sought = vectors[queries].astype(np.float32)
    cosines = np.empty((len(queries), len(vectors)), np.float32)
    for start in range(0, len(vectors), AT_ONCE):
        part = vectors[start : start + AT_ONCE].astype(np.float32)
        cosines[:, start : start + AT_ONCE] = sought @ (part / np.linalg.norm(part, axis=1, keepdims=True)).T
    cosines[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argpartition(-cosines, NEAREST, axis=1)[:, :NEAREST]
    order = np.argsort(-np.take_along_axis(cosines, nearest, 1), axis=1)
    return np.take_along_axis(nearest, order, 1)
