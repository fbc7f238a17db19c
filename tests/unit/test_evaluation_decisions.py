"""Scores that mean what they say, and what is done because of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_training.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    log_loss,
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
