"""Pictures that look alike, among very many.

Of fingerprints that are cut into more than *d* / 2 parts, two with at most *d* different bits have a part in which at
most one differs. So only pairs are compared of which a part is equal, or is after one bit has changed (multi-index
hashing: Norouzi, Punjani, Fleet, *Fast Search in Hamming Space with Multi-Index Hashing*, 2012).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from loupe_training.datasets.fingerprint import BITS, Fingerprint

AT_ONCE = 1_000_000  # pairs that are compared at once, in some 100 MB
MAX_WIDTH = 20  # bits of a part that are looked at, so that a table has a place for each value

_Ints = npt.NDArray[np.int64]


def near_pairs(fingerprints: Sequence[Fingerprint], distance: int) -> dict[tuple[int, int], int]:
    """Pairs of pictures that are near in one of the ways to lay them.

    Args:
        fingerprints: of the pictures.
        distance: in bits, up to which they are near.

    Returns:
        The distances of pairs of places, the smaller place first.
    """
    found: dict[tuple[int, int], int] = {}
    if not fingerprints:
        return found
    stacked = np.stack(fingerprints)
    words = stacked.view(np.uint64)
    for way in range(stacked.shape[1]):
        for one, other in _candidates(stacked[:, 0], stacked[:, way], distance):
            apart = np.bitwise_count(words[one, 0] ^ words[other, way]).sum(axis=1)
            near = apart <= distance
            for pair in zip(one[near].tolist(), other[near].tolist(), apart[near].tolist(), strict=True):
                first, second, bits = pair
                found[first, second] = min(bits, found.get((first, second), BITS))
    return found


def _candidates(ones: Fingerprint, others: Fingerprint, distance: int) -> Iterator[tuple[_Ints, _Ints]]:
    """Pairs, the smaller place first, which differ in one bit of one part at most."""
    left, right = (np.unpackbits(bits, axis=1)[:, 1:] for bits in (ones, others))
    parts = distance // 2 + 1
    for part in range(parts):
        # Neighbours are alike, so a part has every so manieth of them.
        keys, wanted = (_numbers(bits[:, part::parts][:, :MAX_WIDTH]) for bits in (left, right))
        width = min(len(range(part, BITS, parts)), MAX_WIDTH)
        order = np.argsort(keys, kind="stable")
        begins = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=2**width))])
        for change in (0, *(1 << bit for bit in range(width))):
            changed = wanted ^ change
            begin, length = begins[changed], begins[changed + 1] - begins[changed]
            for rows in _blocks(length):
                counts = length[rows]
                second = np.repeat(rows, counts)
                within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
                first = order[np.repeat(begin[rows], counts) + within]
                ascending = first < second
                yield first[ascending], second[ascending]


def _numbers(bits: npt.NDArray[np.uint8]) -> _Ints:
    """The bits of each row as one number."""
    return bits @ (1 << np.arange(bits.shape[1]))


def _blocks(lengths: _Ints) -> Iterator[_Ints]:
    """Rows that have pairs, as many at a time as have ``AT_ONCE``, or one that has more."""
    rows = np.flatnonzero(lengths)
    block = (np.cumsum(lengths[rows]) - 1) // AT_ONCE
    yield from np.split(rows, np.flatnonzero(np.diff(block)) + 1)
