"""How much two sets of images differ in what was counted of them, and how surely. No input or output.

Images are counted by bin, and by block: a day, or some groups of a training. Those of one block resemble each other,
because a camera sends bursts, and a batch of goods comes in one piece; so they say less than as many independent ones
would. How far shares can be from where they were is estimated from how far blocks differ from each other, as in surveys
of clusters.

The distance of two sets is the sum of the squared differences of their shares, each divided by the share (as in
Pearson's chi-squared). Without drift it is a sum of chi-squared variables, whose weights are not known but whose mean
and variance can be estimated, and that is close to one of the F distributions with the same mean and variance.

Box: Some Theorems on Quadratic Forms Applied in the Study of Analysis of Variance Problems, Annals of Mathematical
Statistics 25 (1954), pages 290 to 302. Brunner, Dette and Munk: Box-Type Approximations in Nonparametric Factorial
Designs, Journal of the American Statistical Association 92 (1997), pages 1494 to 1502. For shares of clusters: Rao and
Scott, Annals of Statistics 12 (1984), pages 46 to 60.
"""

from math import inf, sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from loupe_query.drift.tails import f_tail

# What is expected more rarely is put together, as is usual with chi-squared tests (Cochran, 1954).
MIN_EXPECTED = 5
# In the place of nothing at all, where a logarithm is taken.
HALF = 0.5

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


class Difference(NamedTuple):
    """Two sets of images beside each other.

    Attributes:
        psi: how much they differ, as the population stability index says it; the mean of all directions.
        p_value: how likely sets of the same origin differ as much or more.
    """

    psi: float
    p_value: float


class _Spread(NamedTuple):
    """How far the shares of a set are from where they could be: traces of their covariance, in parts of the shares.

    Attributes:
        variance: of the covariance itself, the mean of the squared distance.
        squares: of its square, which is the greater, the more bins go together.
        freedom: degrees of freedom of the estimate; infinite if images are independent, so that nothing is estimated.
    """

    variance: float
    squares: float
    freedom: float


def difference(reference: Counts, window: Counts) -> Difference:
    """Compare two sets of images.

    Args:
        reference: how many images of each block are in which bin of each direction, ``int64[blocks, directions,
            bins]``; every image is in one bin of each. Images of a single block count as independent of each other.
        window: the same of others. Directions and bins are the same. Rare bins of a single direction are put together.
    """
    if window.shape[1] == 1:
        reference, window = _pooled(reference, window)
    before, now = reference.sum(axis=0), window.sum(axis=0)
    shares = (before + now) / (before + now).sum(axis=1, keepdims=True)
    steps = int((shares > 0).sum()) - len(shares)
    if not steps:
        return Difference(0.0, 1.0)
    apart = (_shares(before) - _shares(now)) ** 2
    distance = float(np.divide(apart, shares, where=shares > 0, out=np.zeros_like(apart)).sum())
    spreads = [_spread(blocks, shares, steps) for blocks in (reference, window)]
    variance = sum(spread.variance for spread in spreads)
    # How directions of independent images go together cannot be told from counts: as those of the others do.
    estimated = [spread for spread in spreads if spread.freedom < inf] or spreads
    above = (sum(spread.variance for spread in estimated) / sum(sqrt(spread.squares) for spread in estimated)) ** 2
    error = sum(spread.squares / spread.freedom for spread in spreads)
    return Difference(
        _stability_index(before, now), f_tail(distance / variance, above, variance**2 / error if error else inf)
    )


def equal_blocks(blocks: Counts) -> float:
    """As how many of equal sizes blocks count: as many as have the same sum and sum of squares (Kish).

    Args:
        blocks: ``int64[blocks, directions, bins]``, of at least one image.
    """
    sizes = blocks[:, 0].sum(axis=1)
    return float(sizes.sum()) ** 2 / float((sizes**2).sum())


def _pooled(reference: Counts, window: Counts) -> tuple[Counts, Counts]:
    """The same with one bin for all those of which the smaller of the two sets is expected to have few."""
    totals = (reference.sum(axis=0) + window.sum(axis=0))[0]
    rarest = np.argsort(totals, kind="stable")
    expected = totals[rarest] * (min(reference.sum(), window.sum()) / totals.sum())
    rare = int(np.searchsorted(expected, MIN_EXPECTED))
    if not rare:
        return reference, window
    rare = max(rare, int(np.searchsorted(expected.cumsum(), MIN_EXPECTED)) + 1)
    together, others = rarest[:rare], rarest[rare:]
    one, other = (
        np.concatenate([counts[..., others], counts[..., together].sum(axis=-1, keepdims=True)], axis=-1)
        for counts in (reference, window)
    )
    return one, other


def _spread(blocks: Counts, shares: Numbers, steps: int) -> _Spread:
    """That of a set, at least as great as that of as many independent images.

    Args:
        blocks: ``int64[blocks, directions, bins]``.
        shares: of both sets together, ``float64[directions, bins]``.
        steps: how many of these can change by themselves.
    """
    sizes = blocks[:, 0].sum(axis=1)
    total = float(sizes.sum())
    least = steps / total
    if len(sizes) == 1:
        return _Spread(least, least**2 / steps, inf)
    equal = equal_blocks(blocks)
    occurs = shares > 0
    beside = (blocks - sizes[:, None, None] * _shares(blocks.sum(axis=0)))[:, occurs] / np.sqrt(shares[occurs])
    products = beside @ beside.T * (equal / (equal - 1) / total**2)
    variance = float(np.trace(products))
    if variance <= 0:
        return _Spread(least, least**2 / steps, equal - 1)
    together = _together(float((products**2).sum()) / variance**2, equal - 1)
    variance = max(variance, least)
    return _Spread(variance, variance**2 * max(together, 1 / steps), equal - 1)


def _together(squares: float, freedom: float) -> float:
    """The trace of the square of a covariance, in parts of the square of its trace, from how great it is by sample.

    Of a few blocks it is too great by chance. Srivastava: Some Tests Concerning the Covariance Matrix in High
    Dimensional Data, Journal of the Japan Statistical Society 35 (2005), pages 251 to 272.
    """
    if freedom <= 1:
        return 1.0
    return (squares - 1 / freedom) * freedom**2 / ((freedom - 1) * (freedom + 2))


def _shares(counts: Counts | npt.NDArray[np.floating[Any]]) -> Numbers:
    shares: Numbers = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _stability_index(before: Counts, now: Counts) -> float:
    """Siddiqi: Credit Risk Scorecards, Wiley 2006. It is the divergence of Jeffreys (1946) between the shares."""
    one, other = (_shares(counts + HALF) for counts in (before, now))
    return float(((other - one) * np.log(other / one)).sum(axis=1).mean())
