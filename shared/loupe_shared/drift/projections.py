"""Embeddings as bins along fixed directions, so that two sets of them can be compared and neither need be kept.

A direction is a sign for each value of an embedding. What moves the mean of a set by a part of its spread moves it by
about that part along each such direction, whatever the model. The signs are bits of SHAKE-128, so they are the same in
every process and in every version of every library.

Achlioptas: Database-friendly random projections, Journal of Computer and System Sciences 66 (2003), pages 671 to 687.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from loupe_shared.embedding import Vectors

PROJECTIONS = 16
BINS = 10

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def projected(vectors: Vectors) -> Numbers:
    """Embeddings ``int8[N, D]`` along each direction, ``float64[N, PROJECTIONS]``. Their lengths do not matter."""
    # As integers, whose sums are exact: the same embedding falls into the same bin on every machine.
    steps = vectors.astype(np.int32)
    lengths = np.sqrt(np.vecdot(steps, steps))
    found: Numbers = steps @ _signs(vectors.shape[1]).T / np.maximum(lengths, 1)[:, None]
    return found


def edges_of(places: Numbers) -> Numbers:
    """What divides ``float64[N, PROJECTIONS]`` into bins of as many each, ``float64[PROJECTIONS, BINS - 1]``."""
    edges: Numbers = np.quantile(places, np.arange(1, BINS) / BINS, axis=0).T
    return edges


def binned(places: Numbers, edges: Numbers) -> Counts:
    """How many of ``float64[N, PROJECTIONS]`` are in which bin, ``int64[PROJECTIONS, BINS]``."""
    found = [
        np.bincount(np.searchsorted(bounds, along, side="right"), minlength=BINS)
        for bounds, along in zip(edges, places.T, strict=True)
    ]
    return np.array(found, np.int64)


def _signs(length: int) -> npt.NDArray[np.int32]:
    """``int32[PROJECTIONS, length]``. Those of a longer embedding begin with those of a shorter one."""
    rows = [hashlib.shake_128(b"projection %d" % number).digest(-(-length // 8)) for number in range(PROJECTIONS)]
    bits = np.unpackbits(np.frombuffer(b"".join(rows), np.uint8).reshape(PROJECTIONS, -1), axis=1)[:, :length]
    return 2 * bits.astype(np.int32) - 1
