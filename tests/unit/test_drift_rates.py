"""How often drift is seen that there is not, and how often drift that there is, over many looks at made-up images."""

from collections.abc import Callable
from functools import partial
from math import comb

import numpy as np
import pytest

from loupe_query.drift.baseline import Baseline, OfArchive, OfTraining
from loupe_query.drift.difference import difference
from loupe_query.drift.figures import figures
from loupe_query.drift.stream import by_day
from loupe_shared.api.drift import FALSE_ALARM_RATE, MAX_P_VALUE, Aspect, DriftFigure, Verdict
from loupe_shared.counters import Kind
from tests.drifting import KINDS, MIX, Seen, see

LOOKS = 400
REFERENCE, WINDOW = 400, 7 * 120
BURST = 10
# What is asserted of a rate fails once in a thousand runs if the rate is what it should be. Seeds are fixed.
CONFIDENCE = 0.999

Draw = Callable[[np.random.Generator], tuple[Baseline, Seen]]


def most(rate: float, of: int) -> int:
    """The greatest number of alarms that is still to be expected at a rate."""
    below = 0.0
    for number in range(of + 1):
        below += comb(of, number) * rate**number * (1 - rate) ** (of - number)
        if below >= CONFIDENCE:
            return number
    return of


def after_training(
    chance: np.random.Generator,
    *,
    burst: int = 1,
    light: float = 0.0,
    mix: tuple[float, ...] = MIX,
    sureness: float = 0.8,
) -> tuple[Baseline, Seen]:
    """A stream beside a training on independent images."""
    window = see(chance, WINDOW, burst=burst, light=light, mix=mix, sureness=sureness)
    return OfTraining(see(chance, REFERENCE).reference()), window


def after_grouped_training(
    chance: np.random.Generator, *, size: int, known: bool = True, light: float = 0.0
) -> tuple[Baseline, Seen]:
    """A stream beside a training on groups, of which a bundle knows or does not."""
    training = see(chance, REFERENCE, burst=size)
    return OfTraining(training.reference(size if known else 1)), see(chance, WINDOW, burst=BURST, light=light)


def after_other_days(chance: np.random.Generator, *, light: float = 0.0) -> tuple[Baseline, Seen]:
    """A stream beside earlier days of the same stream, all of it in bursts."""
    return OfArchive(see(chance, 2 * WINDOW, days=14, burst=BURST)), see(chance, WINDOW, burst=BURST, light=light)


def looks(draw: Draw, count: int = LOOKS) -> list[tuple[DriftFigure, ...]]:
    """What is found in many streams that are drawn alike."""
    return [figures(*draw(np.random.default_rng((17, number)))) for number in range(count)]


def is_drift(found: tuple[DriftFigure, ...]) -> bool:
    """Whether there is an alarm."""
    return any(figure.verdict is Verdict.DRIFT for figure in found)


@pytest.mark.parametrize(
    "draw",
    [
        after_training,
        partial(after_training, burst=BURST),
        after_other_days,
        partial(after_grouped_training, size=2),
        partial(after_grouped_training, size=20),
    ],
    ids=["independent images", "bursts", "bursts beside bursts", "pairs", "groups"],
)
def test_false_alarms_are_as_rare_as_is_stated(draw: Draw) -> None:
    found = looks(draw)
    # Before anything is called small: the least p-value of a report alone keeps the rate.
    surest = np.array([min(figure.p_value or 0.0 for figure in look) for look in found])
    assert (surest < MAX_P_VALUE).sum() <= most(FALSE_ALARM_RATE, LOOKS)
    assert sum(map(is_drift, found)) <= (surest < MAX_P_VALUE).sum()


def test_p_values_are_what_they_say_and_not_just_large() -> None:
    found = looks(after_training)
    labels = np.array([next(one.p_value or 0.0 for one in look if one.aspect is Aspect.LABELS) for look in found])
    # As many as there should be are below 0.1 before they are multiplied; half of that is far outside of chance.
    below = int((labels < 0.1 * len(Aspect)).sum())
    assert 0.05 * LOOKS < below <= most(0.1, LOOKS)


def test_without_regard_to_days_bursts_would_be_alarms() -> None:
    found = []
    for number in range(100):
        baseline, window = after_training(np.random.default_rng((17, number)), burst=BURST)
        before, now = (by_day(side.counted(Kind.LABEL), KINDS) for side in (baseline, window))
        found.append(difference(before[:, None], now.sum(axis=0)[None, None]).p_value)
    assert (np.array(found) < FALSE_ALARM_RATE).mean() > 0.2


def test_without_regard_to_groups_they_would_be_alarms() -> None:
    found = looks(partial(after_grouped_training, size=20, known=False), 60)
    assert sum(map(is_drift, found)) > 0.2 * len(found)


@pytest.mark.parametrize(
    ("draw", "aspect"),
    [
        (partial(after_training, burst=5, mix=(0.3, 0.4, 0.3)), Aspect.LABELS),
        (partial(after_training, burst=5, sureness=0.7), Aspect.SCORES),
        (partial(after_training, burst=5, light=0.5), Aspect.EMBEDDINGS),
        (partial(after_other_days, light=0.5), Aspect.EMBEDDINGS),
        (partial(after_grouped_training, size=2, light=0.5), Aspect.EMBEDDINGS),
    ],
    ids=["another mix", "less sure", "another light", "another light than before", "another light than of groups"],
)
def test_drift_is_found_in_nine_looks_of_ten(draw: Draw, aspect: Aspect) -> None:
    found = [next(figure for figure in look if figure.aspect is aspect) for look in looks(draw, 60)]
    assert np.mean([figure.verdict is Verdict.DRIFT for figure in found]) >= 0.9


def test_what_is_sure_but_small_is_no_drift() -> None:
    mix = (0.11, 0.7, 0.19)
    chance = np.random.default_rng(3)
    baseline = OfArchive(see(chance, 100_000, days=14))
    found = figures(baseline, see(chance, 100_000, mix=mix))
    labels = next(figure for figure in found if figure.aspect is Aspect.LABELS)
    assert labels.p_value is not None
    assert labels.p_value < MAX_P_VALUE
    assert labels.verdict is Verdict.STEADY
