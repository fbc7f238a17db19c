"""Splits: nothing that belongs together is divided, and labels are distributed alike."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.groups import Group, joined
from loupe_training.datasets.snapshot import Split
from loupe_training.datasets.splits import by_label, by_time, shares_of
from tests.factories import NOON

SHARES = shares_of(0.15, 0.15)


def group(name: str, **labels: int) -> Group:
    return Group(name, labels)


def counted(groups: list[Group], splits: dict[str, Split]) -> dict[Split, Counter[str]]:
    counts = {split: Counter[str]() for split in Split}
    for one in groups:
        counts[splits[one.name]].update(one.labels)
    return counts


def test_shares_are_kept_for_every_label() -> None:
    groups = [group(f"{label} {n}", **{label: 1}) for label, many in (("a", 1000), ("b", 100)) for n in range(many)]
    counts = counted(groups, by_label(groups, SHARES, seed=0))
    assert counts == {
        Split.TRAIN: {"a": 700, "b": 70},
        Split.VALIDATION: {"a": 150, "b": 15},
        Split.TEST: {"a": 150, "b": 15},
    }


def test_large_and_small_groups_add_up() -> None:
    groups = [group(f"board {n}", scratch=n % 7 + 1, sound=n % 11 + 1) for n in range(200)]
    groups += [group(f"photo {n}", sound=1) for n in range(100)]
    counts = counted(groups, by_label(groups, SHARES, seed=3))
    sizes = [counts[split].total() / sum(one.size for one in groups) for split in Split]
    assert sizes == pytest.approx([0.7, 0.15, 0.15], abs=0.01)
    for label in ("scratch", "sound"):
        total = sum(counts[split][label] for split in Split)
        assert [counts[split][label] / total for split in Split] == pytest.approx([0.7, 0.15, 0.15], abs=0.04)


@pytest.mark.parametrize("seed", range(5))
def test_a_few_large_groups_have_their_labels_distributed_alike(seed: int) -> None:
    """As modules of solar cells are, of which some have many defects."""
    groups = [group(f"module {n}", defect=n * n % 41 + 1, sound=60 - n * n % 41) for n in range(40)]
    counts = counted(groups, by_label(groups, SHARES, seed))
    for label in ("defect", "sound"):
        total = sum(counts[split][label] for split in Split)
        assert [counts[split][label] / total for split in Split] == pytest.approx([0.7, 0.15, 0.15], abs=0.04)


def test_a_group_that_is_larger_than_what_is_held_out_is_learnt_from() -> None:
    groups = [group("all alike", a=90), *(group(f"a {n}", a=1) for n in range(10))]
    groups += [group(f"b {n}", b=1) for n in range(100)]
    for seed in range(9):
        counts = counted(groups, by_label(groups, SHARES, seed))
        assert [counts[split]["a"] for split in Split] == [90, 5, 5]


def test_the_seed_decides_and_nothing_else() -> None:
    groups = [group(str(n), **{"ab"[n % 2]: 1}) for n in range(60)]
    first = by_label(groups, SHARES, seed=1)
    assert by_label(list(reversed(groups)), SHARES, seed=1) == first
    assert by_label(groups, SHARES, seed=2) != first


def test_a_rare_label_is_in_every_split() -> None:
    groups = [group(f"often {n}", often=1) for n in range(300)] + [group(f"rare {n}", rare=1) for n in range(3)]
    counts = counted(groups, by_label(groups, SHARES, seed=0))
    assert [counts[split]["rare"] for split in Split] == [1, 1, 1]


def test_a_label_with_too_few_groups_is_named() -> None:
    groups = [group(f"often {n}", often=1) for n in range(9)] + [group("x", rare=5), group("y", rare=1)]
    with pytest.raises(InvalidDataset, match=r"(?s)in 3 splits; label more, leave.*'rare': 6 pictures in 2 groups"):
        by_label(groups, SHARES, seed=0)
    assert set(by_label(groups, shares_of(0.2, 0), seed=0).values()) == {Split.TRAIN, Split.VALIDATION}


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(1, 9), min_size=1), min_size=20, max_size=60),
    st.integers(0, 9),
)
def test_every_group_has_a_split_and_every_split_every_label(labels: list[dict[str, int]], seed: int) -> None:
    every = [{label: 1} for label in "abc" for _ in range(3)]
    groups = [Group(str(n), one) for n, one in enumerate(labels + every)]
    splits = by_label(groups, SHARES, seed)
    assert splits.keys() == {one.name for one in groups}
    assert all(set(counts) == set("abc") for counts in counted(groups, splits).values())


LABELS = st.lists(st.sampled_from(["a", "b"]), max_size=30).map(lambda more: [*"ab" * 8, *more])


@given(LABELS, st.sampled_from(["a", "b", "c"]), st.integers(0, 9))
def test_one_more_picture_moves_at_most_one_over_each_cut(labels: list[str], new: str, seed: int) -> None:
    groups = [Group(str(n), {label: 1}) for n, label in enumerate(labels)] + [
        Group(f"c {n}", {"c": 1}) for n in "123456"
    ]
    before, after = by_label(groups, SHARES, seed), by_label([*groups, Group("new", {new: 1})], SHARES, seed)
    moves = {(before[name], after[name]) for name in before if before[name] is not after[name]}
    assert sum(before[name] is not after[name] for name in before) <= 2
    assert moves.isdisjoint({(Split.TRAIN, Split.TEST), (Split.TEST, Split.TRAIN)})


@pytest.mark.parametrize(("more", "moved"), [(1, 2), (40, 12), (400, 32)])
@pytest.mark.parametrize("seed", range(5))
def test_splits_stay_however_many_are_added(more: int, moved: int, seed: int) -> None:
    groups = [group(f"2026/{n}.png", **{"abb"[n % 3]: 1}) for n in range(400 + more)]
    before, after = by_label(groups[:400], SHARES, seed), by_label(groups, SHARES, seed)
    assert sum(before[name] is not after[name] for name in before) <= moved
    learnt = {name for name, split in before.items() if split is Split.TRAIN}
    assert not {name for name, split in after.items() if split is Split.TEST} & learnt


def test_splits_stay_when_groups_grow_and_a_label_is_new() -> None:
    groups = [group(f"board {n}", scratch=n % 7 + 1, sound=n % 11 + 1) for n in range(300)]
    grown = [
        group(one.name, **dict(one.labels) | {"scratch": one.labels["scratch"] + n % 3}) for n, one in enumerate(groups)
    ]
    grown = [group(one.name, **dict(one.labels) | ({} if n % 4 else {"dent": 1})) for n, one in enumerate(grown)]
    before, after = by_label(groups, SHARES, seed=0), by_label(grown, SHARES, seed=0)
    assert sum(before[name] is not after[name] for name in before) <= 15
    assert not [name for name in before if before[name] is Split.TRAIN and after[name] is Split.TEST]


def test_by_time_the_newest_are_the_test() -> None:
    groups = [Group(f"{n:02}", {"a": 1}, NOON + timedelta(hours=n)) for n in range(20)]
    splits = by_time(groups[::-1], SHARES)
    assert [splits[one.name] for one in groups] == [Split.TRAIN] * 14 + [Split.VALIDATION] * 3 + [Split.TEST] * 3


def test_by_time_it_must_be_known_when() -> None:
    with pytest.raises(InvalidDataset, match=r"(?s)known of every picture when it was taken:\n  b$"):
        by_time([Group("a", {"x": 1}, NOON), Group("b", {"x": 1})], SHARES)


def test_groups_of_pairs_become_one() -> None:
    groups = ["d", "c", "b", "a", "e"]
    assert joined(groups, [(0, 1), (1, 2), (2, 0)]) == ["b", "b", "b", "a", "e"]
    assert joined(groups, [(3, 4), (4, 1)]) == ["d", "a", "b", "a", "a"]
    assert joined(["x", "y", "x"], [(0, 1)]) == ["x", "x", "x"]
