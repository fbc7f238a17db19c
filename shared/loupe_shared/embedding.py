"""Arithmetic of embeddings, which are kept in eight bits: each vector in steps of a scale of its own.

Directions are compared, so scales do not matter to a comparison, and it takes the steps as they are.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe_shared.result import Embedding

STEPS = 127
# The least scale: what lies below it counts as zero, so that a vector of zeros has a scale, too.
SMALLEST = np.finfo(np.float32).tiny

Vectors = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]


def quantize(embeddings: Floats) -> list[Embedding]:
    """``float32[N, D]`` in eight bits: no value is off by more than half of its vector's scale."""
    largest = np.maximum(embeddings.max(axis=1), -embeddings.min(axis=1))
    scales = np.maximum(largest / STEPS, SMALLEST)
    vectors = np.rint(embeddings / scales[:, None]).astype(np.int8)
    return [
        Embedding(values=vector.tobytes(), scale=scale) for vector, scale in zip(vectors, scales.tolist(), strict=True)
    ]


def restore(embeddings: Sequence[Embedding]) -> Floats:
    """``float32[N, D]`` of N embeddings of the same length, as near as ``quantize`` has left it."""
    scales = np.array([embedding.scale for embedding in embeddings], np.float32)
    return stack([embedding.values for embedding in embeddings]) * scales[:, None]


def values(embedding: Embedding) -> Vectors:
    """The steps of an embedding, ``int8[D]``."""
    return np.frombuffer(embedding.values, np.int8)


def stack(parts: list[bytes]) -> Vectors:
    """``int8[N, D]`` of the ``values`` of N embeddings of the same length."""
    return np.frombuffer(b"".join(parts), np.int8).reshape(len(parts), -1)


def cosines(vectors: Vectors, vector: Vectors) -> Floats:
    """Of the angles between ``int8[N, D]`` and ``int8[D]``. A vector of zeros is at right angles to all."""
    many, one = vectors.astype(np.float32), vector.astype(np.float32)
    # Not as a product of matrices: that would be shared among threads, which wait for each other when CPUs are busy.
    norms = np.sqrt(np.vecdot(many, many) * np.vecdot(one, one))
    found: Floats = np.clip(np.vecdot(many, one) / np.maximum(norms, 1), -1, 1)
    return found
