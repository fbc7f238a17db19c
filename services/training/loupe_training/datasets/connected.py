"""Which of many places hang together, as pairs of them come (disjoint sets: Tarjan, 1975), many pairs at a time."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


class Connected:
    """Places in sets, of which each has the smallest of its places as its root.

    Attributes:
        roots: of each place, ``int64[N]``.

    Args:
        places: how many there are, each a set by itself at first.
    """

    def __init__(self, places: int) -> None:
        self.roots: Places = np.arange(places)

    def connect(self, one: Places, other: Places) -> Places:
        """Make one set of the two of each pair.

        Args:
            one: a place of each pair, ``int64[P]``.
            other: the other place, likewise.

        Returns:
            Which of the pairs are enough to connect what all of them do, ascending. Each makes one of two sets, so
            of all calls together these are fewer than there are places.
        """
        enough: list[Places] = []
        left = np.arange(len(one))
        while True:
            left = left[self.roots[one[left]] != self.roots[other[left]]]
            if not len(left):
                return np.sort(np.concatenate([left, *enough]))
            first, second = self.roots[one[left]], self.roots[other[left]]
            low, high = np.minimum(first, second), np.maximum(first, second)
            # A set goes to one other at a time, with a smaller root: so there is never a circle.
            order = np.lexsort((low, high))
            begins = order[np.flatnonzero(np.diff(high[order], prepend=-1))]
            enough.append(left[begins])
            roots = self.roots.copy()
            roots[high[begins]] = low[begins]
            while (roots != (above := roots[roots])).any():
                roots = above
            self.roots = roots
