"""Scores that mean what they say, and what is done because of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_training.evaluation.answers import Floats, Integers
from loupe_training.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    log_loss,
    log_loss_at,
    logits_of,
    reliability,
    softmax,
)
from loupe_training.evaluation.decisions import coverage_curve, least_cost, reject, thresholds
from tests.unit.test_evaluation_metrics import answers, drawn


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_is_found_at_which_labels_were_drawn(temperature: float) -> None:
    chance = np.random.default_rng(0)
    logits = (chance.normal(size=(20_000, 3)) * 4).astype(np.float32)
    truth = softmax(logits, temperature)
    targets = (truth.cumsum(axis=1) < chance.uniform(size=(len(truth), 1))).sum(axis=1).clip(0, 2)
    assert fit_temperature(logits, targets) == pytest.approx(temperature, rel=0.05)


def sure(count: int, seed: int) -> tuple[Floats, Integers]:
    """Logits of a calibrated model that answers about 97 of a hundred pictures rightly, with the truth."""
    chance = np.random.default_rng(seed)
    logits = (chance.normal(size=(count, 3)) * 20).astype(np.float32)
    drawn = chance.uniform(size=(count, 1))
    return logits, (softmax(logits).cumsum(axis=1) < drawn).sum(axis=1).clip(0, 2)


def all_right(count: int, seed: int) -> tuple[Floats, Integers]:
    """Of these, the first that are answered rightly."""
    logits, targets = sure(2 * count, seed)
    right = np.flatnonzero(logits.argmax(axis=1) == targets)[:count]
    return logits[right], targets[right]


@pytest.mark.parametrize("count", [5, 40, 200])
def test_pictures_that_are_all_answered_rightly_do_not_make_every_score_one(count: int) -> None:
    """Others are answered wrongly: without a prior, these cost many times as much."""
    temperatures = [fit_temperature(*all_right(count, seed)) for seed in range(20)]
    assert min(temperatures) > 0.2
    others = sure(20_000, seed=100)
    losses = [log_loss_at(*others, temperature) for temperature in temperatures]
    assert np.mean(losses) < 2 * log_loss_at(*others, 1.0)


def test_models_without_a_mistake_are_told_apart_by_how_far_they_are_from_one() -> None:
    targets = np.zeros(40, np.int64)
    logits = np.array([[30, 0, 0]] * 39 + [[20, 0, 0]], np.float32)
    near = np.array([[30, 0, 0]] * 39 + [[19, 0, 0]], np.float32)
    far, close = (log_loss_at(one, targets, fit_temperature(one, targets)) for one in (logits, near))
    assert 0 < far < close


def test_many_pictures_outweigh_what_was_thought_before() -> None:
    """The temperature is then within a percent of the one with the least loss."""
    model = drawn(4000, 8, 1.0)
    logits = logits_of(model.probabilities) * 3
    candidates = np.geomspace(1, 3, 300)
    losses = [log_loss(softmax(logits, candidate), model.targets) for candidate in candidates.tolist()]
    assert fit_temperature(logits, model.targets) == pytest.approx(candidates[np.argmin(losses)], rel=0.01)


@given(st.integers(0, 1000), st.floats(0.3, 5))
def test_the_loss_of_logits_is_that_of_their_probabilities(seed: int, temperature: float) -> None:
    chance = np.random.default_rng(seed)
    logits = (chance.normal(size=(30, 3)) * 2).astype(np.float32)
    targets = chance.integers(0, 3, 30)
    expected = log_loss(softmax(logits, temperature), targets)
    assert log_loss_at(logits, targets, temperature) == pytest.approx(expected, rel=1e-4)


def test_calibration_lowers_the_error_and_changes_no_answer() -> None:
    model = drawn(5000, 3, 1.0)
    logits = logits_of(model.probabilities) * 3
    sure = softmax(logits)
    calm = softmax(logits, fit_temperature(logits, model.targets))
    before, after = (expected_calibration_error(reliability(one, model.targets)) for one in (sure, calm))
    assert after < 0.03 < before
    assert log_loss(calm, model.targets) < log_loss(sure, model.targets)
    assert (calm.argmax(axis=1) == sure.argmax(axis=1)).all()


def test_the_reliability_diagram_counts_every_picture_once() -> None:
    bins = reliability(answers([1.0, 0.95, 0.62, 0.28], [0, 1, 0, 1]).probabilities, np.array([0, 1, 0, 1]))
    assert [one.count for one in bins] == [0, 0, 0, 0, 0, 0, 1, 1, 0, 2]
    assert bins[9].accuracy == 0.5
    assert bins[9].score == pytest.approx(0.975)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=25), st.sampled_from([0.2, 1.0, 5.0]))
def test_no_threshold_costs_less(rows: list[tuple[int, bool]], cost_of_miss: float) -> None:
    scores = np.array([score / 5 for score, _ in rows], np.float32)
    truly = np.array([positive for _, positive in rows])

    def cost(threshold: float) -> float:
        called = scores >= threshold
        return float((truly & ~called).sum() * cost_of_miss + (~truly & called).sum())

    found = cost(least_cost(truly, scores, cost_of_miss))
    assert found <= min(cost(threshold) for threshold in (*(scores + 0.01).tolist(), *(scores - 0.01).tolist(), 0.5))


def test_a_dear_miss_lowers_the_threshold() -> None:
    validation, test = drawn(2000, 4, 1.0), drawn(2000, 5, 1.0)
    even, dear = (thresholds(validation, test, {"defect": cost})[0] for cost in (1.0, 10.0))
    assert dear.threshold < even.threshold
    assert dear.misses < even.misses
    assert dear.cost < dear.cost_at_half


def test_what_is_left_to_people_is_told_of_the_test_split() -> None:
    validation, test = drawn(4000, 6, 1.0), drawn(4000, 7, 1.0)
    found = reject(validation, test, 0.95)
    assert found.threshold is not None
    assert found.accuracy == pytest.approx(0.95, abs=0.02)
    assert 0.3 < found.coverage < 0.95
    curve = coverage_curve(test)
    assert curve[-1].coverage == 1.0
    assert curve[-1].accuracy == pytest.approx((test.predicted == test.targets).mean())


def test_if_no_score_is_good_enough_all_is_left_to_people() -> None:
    wrong = answers([0.9, 0.8], [1, 1])
    found = reject(wrong, wrong, 0.95)
    assert (found.threshold, found.coverage, found.accuracy) == (None, 0.0, None)
