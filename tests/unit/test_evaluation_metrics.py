"""Figures of a model, against ones that are counted by hand."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_training.datasets.snapshot import Sample, Split
from loupe_training.evaluation import metrics
from loupe_training.evaluation.answers import Answers
from loupe_training.evaluation.comparison import auc_difference, compare, mcnemar
from loupe_training.evaluation.metrics import Areas, balanced_accuracy, confusion, measure

LABELS = ("defect", "sound")


def answers(scores: Sequence[float], targets: Sequence[int]) -> Answers:
    """Answers of a model of two labels; ``scores`` are of the first."""
    first = np.array(scores, np.float32)
    samples = tuple(
        Sample(path=str(n), sha256="0" * 64, label=LABELS[target], group=str(n), split=Split.TEST)
        for n, target in enumerate(targets)
    )
    return Answers(LABELS, np.stack([first, 1 - first], axis=1), np.array(targets, np.int64), samples)


def drawn(count: int, seed: int, skill: float) -> Answers:
    """Answers that are right the more often the greater the skill."""
    chance = np.random.default_rng(seed)
    targets = chance.integers(0, 2, count)
    scores = 1 / (1 + np.exp(-(skill * (1 - 2 * targets) + chance.normal(size=count))))
    return answers(scores.tolist(), targets.tolist())


def test_figures_of_a_few_pictures() -> None:
    found = measure(answers([0.9, 0.6, 0.4, 0.7, 0.2, 0.1], [0, 0, 0, 1, 1, 1]))
    assert found.accuracy.value == pytest.approx(4 / 6)
    assert found.balanced_accuracy.value == pytest.approx((2 / 3 + 2 / 3) / 2)
    defect, sound = found.of_labels
    assert (defect.support, defect.precision, defect.recall, defect.f1) == (3, 2 / 3, 2 / 3, 2 / 3)
    assert defect.auc == pytest.approx(7 / 9)
    assert sound.auc == pytest.approx(7 / 9)
    assert found.auc.low <= found.auc.value <= found.auc.high


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=30))
def test_the_area_is_how_often_a_positive_is_above_a_negative(pairs: list[tuple[int, int]]) -> None:
    found = Areas(answers([score / 4 for score, _ in pairs], [target for _, target in pairs])).of(0)
    positives, negatives = ([score for score, target in pairs if target == which] for which in (0, 1))
    wins = [(p > n) + (p == n) / 2 for p, n in itertools.product(positives, negatives)]
    assert found == (pytest.approx(sum(wins) / len(wins)) if wins else None)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=20))
def test_a_picture_that_is_counted_twice_is_like_two(rows: list[tuple[float, int, int]]) -> None:
    counts = np.array([count for _, _, count in rows])
    repeated = [row for row in rows for _ in range(row[2])]
    once = answers([score for score, _, _ in rows], [target for _, target, _ in rows])
    if not repeated:
        return
    many = answers([score for score, _, _ in repeated], [target for _, target, _ in repeated])
    assert Areas(once).mean(counts) == pytest.approx(Areas(many).mean())
    right = once.predicted == once.targets
    assert balanced_accuracy(once.targets, right, counts) == pytest.approx(
        balanced_accuracy(many.targets, many.predicted == many.targets)
    )


def test_a_label_that_no_picture_has_has_no_area() -> None:
    found = measure(answers([0.9, 0.6], [0, 0]))
    assert [one.auc for one in found.of_labels] == [None, None]
    assert found.of_labels[1].recall is None


def test_confusion_has_the_truth_in_rows() -> None:
    counted = confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    assert counted.tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("wins", "losses", "expected"),
    [(9, 1, 2 * 11 / 1024), (1, 9, 2 * 11 / 1024), (5, 5, 1.0), (0, 0, 1.0), (0, 2000, 0.0)],
)
def test_the_test_of_mcnemar(wins: int, losses: int, expected: float) -> None:
    assert mcnemar(wins, losses) == pytest.approx(expected)


def test_a_better_model_is_found_to_be_better_and_an_equal_one_is_not() -> None:
    weak, strong = drawn(400, 1, 0.5), drawn(400, 1, 2.0)
    found = compare(strong, weak, "weak:1")
    assert found.auc_difference.low > 0
    assert found.p_auc < 0.01
    assert found.p_accuracy < 0.01
    same = compare(weak, weak, "weak:1")
    assert (same.only_this, same.only_other, same.p_accuracy, same.p_auc) == (0, 0, 1.0, 1.0)


def test_equals_are_rarely_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of models that differ by chance alone, about one of twenty is found different at 5 %."""
    monkeypatch.setattr(metrics, "RESAMPLES", 200)
    found: list[Any] = []
    for seed in range(60):
        one, other = drawn(120, 2 * seed, 1.0), drawn(120, 2 * seed + 1, 1.0)
        same_pictures = answers(
            # The other's scores for pictures of the same labels.
            [
                float(other.probabilities[other.targets == target, 0][place % int((other.targets == target).sum())])
                for place, target in enumerate(one.targets.tolist())
            ],
            one.targets.tolist(),
        )
        found.append(auc_difference(one, same_pictures)[1])
    assert np.mean(np.array(found) < 0.05) <= 0.2
