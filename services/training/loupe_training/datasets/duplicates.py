"""Pictures that look alike, among very many.

Of fingerprints that are cut into more than *d* / 2 parts, two with at most *d* different bits have a part in which at
most one differs. So only pairs are compared of which a part is equal, or is after one bit has changed (multi-index
hashing: Norouzi, Punjani, Fleet, *Fast Search in Hamming Space with Multi-Index Hashing*, 2012).

Where a camera stands still, each picture is near to every other. So when very many pairs were found, only what is not
connected yet is compared with each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loupe_training.datasets.buckets import Buckets
from loupe_training.datasets.connected import Connected, Places
from loupe_training.datasets.fingerprint import BITS, Fingerprint

MAX_PAIRS = 100_000  # up to which all are found
AT_ONCE = 250_000  # pairs that are compared at once, in some 50 MB
MAX_WIDTH = 20  # bits of a part that are looked at, so that a table has a place for each value


@dataclass
class NearPairs:
    """Pairs of pictures that are near.

    Attributes:
        distances: in bits, by two places, the smaller first.
        complete: whether these are all. If not, they still connect whatever all would connect.
    """

    distances: dict[tuple[int, int], int] = field(default_factory=dict)
    complete: bool = True


def near_pairs(fingerprints: Sequence[Fingerprint], distance: int) -> NearPairs:
    """Pairs of pictures that are near in one of the ways to lay them.

    Args:
        fingerprints: of the pictures.
        distance: in bits, up to which they are near.

    Returns:
        All of them, or if these are more than ``MAX_PAIRS``, so many and what connects the others.
    """
    found = NearPairs()
    if not fingerprints:
        return found
    stacked = np.stack(fingerprints)
    words = stacked.view(np.uint64)
    connected = Connected(len(stacked))
    for way in range(stacked.shape[1]):
        for one, other in _candidates(stacked[:, 0], stacked[:, way], distance, connected, found):
            apart = np.bitwise_count(words[one, 0] ^ words[other, way]).sum(axis=1)
            near = apart <= distance
            _keep(found, connected, one[near], other[near], apart[near])
    return found


def _keep(found: NearPairs, connected: Connected, one: Places, other: Places, apart: npt.NDArray[np.int64]) -> None:
    """Add near pairs: all of them as long as they are few, and then those that connect."""
    enough = connected.connect(one, other)
    distances = found.distances
    if found.complete:
        for first, second, bits in zip(one.tolist(), other.tolist(), apart.tolist(), strict=True):
            if len(distances) >= MAX_PAIRS and (first, second) not in distances:
                found.complete = False
                break
            distances[first, second] = min(bits, distances.get((first, second), BITS))
    if not found.complete:
        for first, second, bits in zip(*(some[enough].tolist() for some in (one, other, apart)), strict=True):
            distances[first, second] = bits


def _candidates(
    ones: Fingerprint, others: Fingerprint, distance: int, connected: Connected, found: NearPairs
) -> Iterator[tuple[Places, Places]]:
    """Pairs, the smaller place first, which differ in one bit of one part at most.

    Whether pairs are found that are connected already is decided anew after each yield.
    """
    left, right = (np.unpackbits(bits, axis=1)[:, 1:] for bits in (ones, others))
    parts = distance // 2 + 1
    for part in range(parts):
        # Neighbours are alike, so a part has every so manieth of them.
        keys, wanted = (_numbers(bits[:, part::parts][:, :MAX_WIDTH]) for bits in (left, right))
        width = min(len(range(part, BITS, parts)), MAX_WIDTH)
        buckets = Buckets(keys, 2**width, connected.roots)
        for change in (0, *(1 << bit for bit in range(width))):
            # The last first: it is compared with all others, so that it connects most.
            rows = np.arange(len(keys))[::-1]
            while len(rows):
                if not found.complete and buckets.roots is not connected.roots:
                    buckets = Buckets(keys, 2**width, connected.roots)
                sought = wanted[rows] ^ change
                spans = buckets.whole(sought) if found.complete else buckets.without(sought, connected.roots[rows])
                some = np.flatnonzero(spans.lengths)
                rows, spans = rows[some], spans.at(some)
                begun = int(np.searchsorted(np.cumsum(spans.lengths), AT_ONCE, side="right")) or 1
                of, first = buckets.places(spans.at(np.arange(min(begun, len(rows)))))
                second = rows[of]
                ascending = first < second
                yield first[ascending], second[ascending]
                rows = rows[begun:]


def _numbers(bits: npt.NDArray[np.uint8]) -> Places:
    """The bits of each row as one number."""
    return bits @ (1 << np.arange(bits.shape[1]))
