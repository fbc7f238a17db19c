"""Places by a number that each has, so that those with the same number are found at once."""

from typing import NamedTuple, Self

import numpy as np

from loupe_training.datasets.connected import Places


class Spans(NamedTuple):
    """Parts of buckets, each from ``begin`` to ``end`` without what is from ``gap`` to ``after``; all ``int64[N]``."""

    begin: Places
    gap: Places
    after: Places
    end: Places

    @property
    def lengths(self) -> Places:
        """How many places are in each."""
        return self.end - self.begin - (self.after - self.gap)

    def at(self, chosen: Places) -> Self:
        """Some of them."""
        return self.__class__(*(bound[chosen] for bound in self))


class Buckets:
    """Places by number, and in a bucket by their set.

    Attributes:
        roots: of the set of each place, ``int64[N]``; see ``Connected``.

    Args:
        numbers: of the places, ``int64[N]``, each below ``many``.
        many: numbers that there can be.
        roots: see above.
    """

    def __init__(self, numbers: Places, many: int, roots: Places) -> None:
        self.roots = roots
        self._places = len(numbers)
        codes = numbers * self._places + roots
        self._order = np.argsort(codes, kind="stable")
        self._codes = codes[self._order]
        self._begins = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=many))])

    def whole(self, numbers: Places) -> Spans:
        """The buckets of some numbers."""
        begin = self._begins[numbers]
        return Spans(begin, begin, begin, self._begins[numbers + 1])

    def without(self, numbers: Places, roots: Places) -> Spans:
        """The buckets of some numbers, each without a set of places."""
        spans = self.whole(numbers)
        gap, after = spans.gap.copy(), spans.after.copy()
        some = np.flatnonzero(spans.end > spans.begin)
        first, last = (self.roots[self._order[at[some]]] for at in (spans.begin, spans.end - 1))
        only = some[(first == roots[some]) & (last == roots[some])]
        after[only] = spans.end[only]
        # Looking for a set in a bucket takes longer than all else here, so it is done only where there are several.
        mixed = some[first != last]
        codes = numbers[mixed] * self._places + roots[mixed]
        gap[mixed], after[mixed] = (np.searchsorted(self._codes, codes, side) for side in ("left", "right"))
        return Spans(spans.begin, gap, after, spans.end)

    def places(self, spans: Spans) -> tuple[Places, Places]:
        """All places of some spans: of each the number of its span, and the place."""
        lengths = spans.lengths
        of = np.repeat(np.arange(len(lengths)), lengths)
        at = spans.begin[of] + np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        behind = at >= spans.gap[of]
        at[behind] += (spans.after - spans.gap)[of[behind]]
        return of, self._order[at]
