"""The tail of Fisher's F distribution, so that no library of statistics is needed for one number."""

from math import exp, inf, lgamma, log, log1p

_PRECISION = 1e-12
_TINY = 1e-300
_MAX_TERMS = 10_000
# Beyond so many degrees of freedom the distribution does not change any more, and logarithms of gamma lose digits.
_MANY = 1e7


def f_tail(value: float, above: float, below: float) -> float:
    """How likely a greater value is.

    Args:
        value: of the statistic, at least 0.
        above: degrees of freedom of the numerator.
        below: those of the denominator; infinite if it is known.
    """
    if value <= 0:
        return 1.0
    if value == inf:
        return 0.0
    freedom = min(below, _MANY)
    ratio = above * value
    return _incomplete_beta(freedom / 2, above / 2, freedom / (freedom + ratio), ratio / (freedom + ratio))


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularized incomplete beta function of x, where ``rest`` is 1 - x and both are above 0.

    DLMF, https://dlmf.nist.gov/8.17, equations 22 (the continued fraction) and 4 (the symmetry).
    """
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, rest, x)
    front = a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b) - log(a)
    return exp(front) / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + …)), by the method of Lentz as Thompson and Barnett have changed it (1986)."""
    value = numerator = 1.0
    denominator = 0.0
    for term in range(1, _MAX_TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1 / (1 + d * denominator or _TINY)
        numerator = 1 + d / numerator or _TINY
        change = numerator * denominator
        value *= change
        if abs(change - 1) < _PRECISION:
            return value
    raise ArithmeticError(f"no precise value after {_MAX_TERMS} terms: a={a}, b={b}, x={x}")
