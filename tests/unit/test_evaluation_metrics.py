"""Figures of a model, against ones that are counted by hand."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_training.datasets.snapshot import Sample, Split
from loupe_training.evaluation import resampling
from loupe_training.evaluation.answers import Answers, Integers
from loupe_training.evaluation.comparison import auc_difference, compare, mcnemar
from loupe_training.evaluation.metrics import Areas, balanced_accuracy, confusion, measure
from loupe_training.evaluation.resampling import drawn_anew, student_quantile

LABELS = ("defect", "sound")


def answers(scores: Sequence[float], targets: Sequence[int], groups: Sequence[int] | None = None) -> Answers:
    """Answers of a model of two labels; ``scores`` are of the first. Each picture is a group if none are named."""
    first = np.array(scores, np.float32)
    samples = tuple(
        Sample(path=str(n), sha256="0" * 64, label=LABELS[target], group=str(group), split=Split.TEST)
        for n, (target, group) in enumerate(zip(targets, groups or range(len(targets)), strict=True))
    )
    return Answers(LABELS, np.stack([first, 1 - first], axis=1), np.array(targets, np.int64), samples)


def drawn(count: int, seed: int, skill: float) -> Answers:
    """Answers that are right the more often the greater the skill."""
    chance = np.random.default_rng(seed)
    targets = chance.integers(0, 2, count)
    scores = 1 / (1 + np.exp(-(skill * (1 - 2 * targets) + chance.normal(size=count))))
    return answers(scores.tolist(), targets.tolist())


def in_groups(found: Answers, number: int) -> Answers:
    """The same answers to pictures of so many groups."""
    return answers(
        found.probabilities[:, 0].tolist(), found.targets.tolist(), [n % number for n in range(len(found.targets))]
    )


def of_boards(right: float, alike: float, seed: int) -> tuple[Answers, Integers]:
    """Answers to 12 boards of 25 pictures, and the number of each picture's board.

    Args:
        right: how probable it is that a picture is answered rightly.
        alike: how far pictures of a board are right or wrong together (intraclass correlation).
        seed: of what is drawn.
    """
    chance = np.random.default_rng(seed)
    boards = np.arange(12).repeat(25)
    spread = 1 / alike - 1
    is_right = chance.uniform(size=len(boards)) < chance.beta(spread * right, spread * (1 - right), 12)[boards]
    targets = chance.integers(0, 2, len(boards))
    scores = np.where(is_right == (targets == 0), 0.75, 0.25)
    return answers(scores.tolist(), targets.tolist(), boards.tolist()), boards


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


def test_an_interval_has_its_confidence_where_pictures_of_a_group_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """If pictures are drawn one by one, the true accuracy is in three of four intervals."""
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    found = [measure(of_boards(0.8, 0.1, seed)[0]) for seed in range(100)]
    assert {one.groups for one in found} == {12}
    assert np.mean([one.accuracy.low <= 0.8 <= one.accuracy.high for one in found]) >= 0.9


def test_groups_are_drawn_whole_and_single_pictures_one_by_one() -> None:
    groups = np.array([0, 1, 1, 2, 1])
    for counts in drawn_anew(groups, seed=0):
        assert counts[1] == counts[2] == counts[4]
        assert counts[0] + counts[1] + counts[3] == 3
    single = list(drawn_anew(np.arange(5), seed=0))
    assert {int(counts.sum()) for counts in single} == {5}
    assert {int(counts.max()) for counts in single} > {1, 2}


def test_pictures_of_one_group_alone_are_drawn_one_by_one() -> None:
    scores, targets = [0.9, 0.6, 0.4, 0.7, 0.2, 0.1], [0, 0, 0, 1, 1, 1]
    found, single = measure(answers(scores, targets, [7] * 6)), measure(answers(scores, targets))
    assert (found.groups, single.groups) == (1, 6)
    assert found.accuracy == single.accuracy
    assert found.accuracy.low < found.accuracy.high


@pytest.mark.parametrize(("freedom", "expected"), [(8, 2.3060), (11, 2.2010), (300, 1.9679)])
def test_quantiles_of_student(freedom: int, expected: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(expected, abs=0.003)


@pytest.mark.parametrize(
    ("wins", "losses", "expected"),
    [(9, 1, 2 * 11 / 1024), (1, 9, 2 * 11 / 1024), (5, 5, 1.0), (0, 0, 1.0), (0, 2000, 0.0)],
)
def test_the_test_of_mcnemar(wins: int, losses: int, expected: float) -> None:
    found = np.array([1] * wins + [-1] * losses + [0] * 7)
    assert mcnemar(found, np.arange(len(found))) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 6)), min_size=1, max_size=30))
def test_groups_are_exchanged_whole(rows: list[tuple[int, int]]) -> None:
    wins = np.array([win for win, _ in rows])
    # Numbers of groups without pictures do no harm.
    groups = np.array([group for _, group in rows])
    ways = np.array(list(itertools.product([1, -1], repeat=7)))[:, groups]
    assert mcnemar(wins, groups) == pytest.approx((np.abs((ways * wins).sum(axis=1)) >= abs(wins.sum())).mean())


def test_a_few_lucky_groups_make_no_better_model() -> None:
    """Of two equals, either is better on whole boards: picture by picture, more than a third are told apart at 5 %."""
    found: list[tuple[float, float]] = []
    for seed in range(200):
        (one, boards), (other, _) = (of_boards(0.8, 0.2, 1000 * which + seed) for which in (1, 2))
        wins = (one.predicted == one.targets).astype(np.int64) - (other.predicted == other.targets)
        found.append((mcnemar(wins, boards), mcnemar(wins, np.arange(len(boards)))))
    of_groups, of_pictures = (np.array(found) < 0.05).mean(axis=0)
    assert of_groups <= 0.08
    assert of_pictures > 1 / 3


def test_a_better_model_is_found_to_be_better_and_an_equal_one_is_not() -> None:
    weak, strong = drawn(400, 1, 0.5), drawn(400, 1, 2.0)
    found = compare(strong, weak, "weak:1")
    assert found.auc_difference.low > 0
    assert found.p_auc < 0.01
    assert found.p_accuracy < 0.01
    few = compare(in_groups(strong, 4), in_groups(weak, 4), "weak:1")
    assert few.p_accuracy >= 2 / 2**4
    same = compare(weak, weak, "weak:1")
    assert (same.only_this, same.only_other, same.p_accuracy, same.p_auc) == (0, 0, 1.0, 1.0)


def test_equals_are_rarely_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of models that differ by chance alone, about one of twenty is found different at 5 %."""
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
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


def test_few_groups_tell_equals_apart_as_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two equals, each is better on some boards. Without a wider spread, one pair of six is told apart at 5 %."""
    monkeypatch.setattr(resampling, "RESAMPLES", 200)
    boards = np.arange(5).repeat(20)
    found: list[float] = []
    for seed in range(100):
        chance = np.random.default_rng(seed)
        targets = chance.integers(0, 2, len(boards))

        def one(chance: np.random.Generator = chance, targets: Integers = targets) -> Answers:
            logits = chance.normal(1, 0.7, 5)[boards] * (1 - 2 * targets) + chance.normal(size=len(boards))
            return answers((1 / (1 + np.exp(-logits))).tolist(), targets.tolist(), boards.tolist())

        found.append(auc_difference(one(), one())[1])
    assert np.mean(np.array(found) < 0.05) <= 0.08
