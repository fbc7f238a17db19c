"""The test that finds differences, beside values that are known."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest

from loupe_query.drift.difference import Counts, difference
from loupe_query.drift.tails import f_tail


@pytest.mark.parametrize(
    ("value", "above", "below", "tail"),
    [
        # From tables of the F and the chi-squared distribution.
        (4.7571, 3, 6, 0.05),
        (10.9249, 2, 6, 0.01),
        (161.4476, 1, 1, 0.05),
        (2.9782, 10, 10, 0.05),
        (3.8415, 1, inf, 0.05),
        (21.6660 / 9, 9, inf, 0.01),
        (0.0, 3, 6, 1.0),
        (inf, 3, 6, 0.0),
    ],
)
def test_tails_are_those_of_the_tables(value: float, above: float, below: float, tail: float) -> None:
    assert f_tail(value, above, below) == pytest.approx(tail, rel=2e-4)


def test_tails_fall_and_stay_probabilities() -> None:
    for above, below in ((1, 0.3), (9, 54), (19, 1000), (200, 2.5)):
        tails = [f_tail(float(value), above, below) for value in np.geomspace(1e-6, 1e6, 60)]
        assert all(0 <= later <= earlier <= 1 for earlier, later in pairwise(tails))


def counts(*rows: list[int]) -> Counts:
    """Images by block and bin, along one direction."""
    return np.array(rows, np.int64)[:, None]


def test_independent_images_are_compared_as_by_pearson() -> None:
    found = difference(counts([90, 60]), counts([110, 40]))
    # 300 images in a table of 2 × 2: chi-squared is 6.
    assert found.p_value == pytest.approx(0.014306, rel=1e-3)
    assert found.psi == pytest.approx(0.0808, abs=2e-3)


def test_days_that_are_alike_say_as_much_as_independent_images_but_less_surely() -> None:
    at_once = difference(counts([90, 60]), counts([110, 40]))
    by_day = difference(counts([90, 60]), counts(*[[22, 8]] * 5))
    assert by_day.psi == at_once.psi
    assert at_once.p_value < by_day.p_value < 0.1


def test_days_that_differ_say_less() -> None:
    alike = difference(counts([90, 60]), counts(*[[22, 8]] * 5))
    unlike = difference(counts([90, 60]), counts([30, 0], [30, 0], [30, 0], [20, 10], [0, 30]))
    assert unlike.psi == alike.psi
    assert unlike.p_value > 5 * alike.p_value


def test_what_is_rare_is_put_together() -> None:
    many = difference(counts([300, 290, *[1] * 200]), counts([300, 290, *[1] * 200]))
    assert many == (0.0, 1.0)
    new = difference(counts([300, 300, 0, 0]), counts([250, 250, 50, 50]))
    assert new.p_value < 1e-6


def test_sets_of_one_bin_are_the_same() -> None:
    assert difference(counts([100]), counts([7], [9])) == (0.0, 1.0)
    assert difference(counts([3, 1, 2]), counts([1, 1, 0], [0, 1, 1])) == (0.0, 1.0)
