"""Embeddings of pictures with known labels, as the archive would have them: made by a bundle, kept in eight bits."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.active_learning.fashion import Bytes, read
from loupe_shared.bundle import MODEL_FILE
from loupe_shared.embedding import Floats, Vectors, quantize, stack
from loupe_shared.preprocess import Pixels, decode_into
from loupe_shared.result import Embedding
from loupe_training.evaluation.answers import Integers, load_bundle

AT_ONCE = 256
MAX_PIXELS = 28 * 28


@dataclass(frozen=True)
class Embedded:
    """Pictures of which only the embeddings and the labels are left.

    Attributes:
        vectors: ``int8[N, D]``.
        scales: ``float32[N]``.
        targets: numbers of their labels, ``int64[N]``.
    """

    vectors: Vectors
    scales: Floats
    targets: Integers

    @property
    def floats(self) -> Floats:
        """What the model gave, to half a step: ``float32[N, D]``."""
        found: Floats = self.vectors * self.scales[:, None]
        return found

    def archived(self) -> list[Embedding]:
        """As the archive keeps them."""
        return [
            Embedding(values=vector.tobytes(), scale=scale)
            for vector, scale in zip(self.vectors, self.scales.tolist(), strict=True)
        ]


def embedded(data: Path, bundle: Path, counts: tuple[int, int], cache: Path) -> tuple[Embedded, Embedded]:
    """A pool out of the pictures to train with, and a test set out of those to test with.

    Args:
        data: folder of the pictures.
        bundle: whose model makes the embeddings.
        counts: how many pictures each has, drawn at random, always the same.
        cache: a folder. What is there is not made again.

    Raises:
        ConfigurationError: there are no pictures.
        InvalidBundle: it is no bundle.
    """
    pool, test = (_drawn(*read(data, "train"), counts[0]), _drawn(*read(data, "t10k"), counts[1]))
    return _kept(cache, bundle, *pool), _kept(cache, bundle, *test)


def _drawn(pictures: Bytes, labels: Bytes, count: int) -> tuple[Bytes, Bytes]:
    chosen = np.random.default_rng(0).choice(len(pictures), count, replace=False)
    return pictures[chosen], labels[chosen]


def _kept(cache: Path, bundle: Path, pictures: Bytes, labels: Bytes) -> Embedded:
    recipe = hashlib.sha256(pictures.tobytes())
    recipe.update((bundle / MODEL_FILE).read_bytes())
    path = cache / f"{recipe.hexdigest()[:16]}.npz"
    if not path.exists():
        vectors = quantize(_infer(bundle, pictures))
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(
            part, vectors=stack([one.values for one in vectors]), scales=np.array([one.scale for one in vectors], "f4")
        )
        part.rename(path)
    with np.load(path) as kept:
        return Embedded(kept["vectors"], kept["scales"], labels.astype(np.int64))


def _infer(bundle: Path, pictures: Bytes) -> Floats:
    loaded, graph = load_bundle(bundle)
    rule = loaded.manifest.preprocessing

    def decode(number: int) -> Pixels:
        """As a worker gets it: a file, decoded by the package that all of Loupe decodes with."""
        file = io.BytesIO()
        Image.fromarray(pictures[number]).save(file, "PNG")
        pixels = np.empty((rule.size, rule.size, 3), np.uint8)
        decode_into(pixels, file.getvalue(), rule, MAX_PIXELS)
        return pixels

    with ThreadPoolExecutor() as pool:
        parts = [
            graph.run(np.stack(list(pool.map(decode, range(start, min(start + AT_ONCE, len(pictures))))))).embedding
            for start in range(0, len(pictures), AT_ONCE)
        ]
    return np.concatenate(parts)
