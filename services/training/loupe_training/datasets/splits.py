"""Which group goes to which split. A group is never divided, so nothing of what is tested was learnt from."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.snapshot import Split


@dataclass(frozen=True)
class Group:
    """Pictures that stay together.

    Attributes:
        labels: how many pictures there are of each.
        until: when the newest of them was taken, if that is known of all.
    """

    name: str
    labels: Mapping[str, int]
    until: datetime | None = None

    @property
    def size(self) -> int:
        """How many pictures it has."""
        return sum(self.labels.values())


def shares_of(validation: float, test: float) -> dict[Split, float]:
    """The share of each split that there is to be."""
    shares = {Split.TRAIN: 1 - validation - test, Split.VALIDATION: validation, Split.TEST: test}
    return {split: share for split, share in shares.items() if share > 0}


def by_label(groups: Sequence[Group], shares: Mapping[Split, float], seed: int) -> dict[str, Split]:
    """Splits in which labels are distributed as in the whole, as far as groups allow. They stay as groups are added.

    Each group has a place between 0 and 1, a hash of the seed and its name, which depends on no other group. For each
    label, the rarest first, the groups that have no split yet are cut in the order of their places, so that each split
    gets its share of their pictures. (Iterative stratification, after Sechidis, Tsoumakas, Vlahavas, *On the
    Stratification of Multi-Label Data*, 2011, takes labels in this order.) Then splits get the labels that they lack.

    So the cuts lie near the sums of the shares, the nearer the more groups there are, and one more group changes the
    split of at most one other at each cut, if all are of the same size. Validation lies between training and test, so
    what was learnt from hardly ever becomes a test, and only of a label that had a few groups.

    Args:
        groups: of all pictures.
        shares: of each split, from the place 0 on.
        seed: of the places.

    Raises:
        InvalidDataset: a label has too few groups for all splits to have it.
    """
    filling = _Filling(groups, shares, seed)
    for label in filling.labels:
        filling.cut(label)
    if lacking := [label for label in filling.labels if not filling.mend(label)]:
        raise InvalidDataset(
            naming(
                f"labels have too few pictures that do not belong together to be in {len(shares)} splits; label more, "
                "leave them out with --leave-out LABEL, or do without a split (--test 0); if pictures were taken for "
                "near-duplicates that are none, make --distance smaller",
                [filling.described(label) for label in lacking],
            )
        )
    return filling.splits


def by_time(groups: Sequence[Group], shares: Mapping[Split, float]) -> dict[str, Split]:
    """The oldest groups to train on, then those to validate with, the newest to test, as a model meets them in use.

    Groups are ordered by their newest picture, so no picture to train on is newer than the end of any group to test.

    Raises:
        InvalidDataset: it is not known of all groups when they were taken.
    """
    dated = [(group.until, group.name, group.size) for group in groups if group.until]
    if unknown := sorted(group.name for group in groups if not group.until):
        raise InvalidDataset(naming("to split by time, it must be known of every picture when it was taken", unknown))
    *bounds, _ = zip(shares, accumulate(shares.values()), strict=True)
    last = list(shares)[-1]
    total, done = sum(size for *_, size in dated), 0
    splits: dict[str, Split] = {}
    for _, name, size in sorted(dated):
        splits[name] = next((split for split, bound in bounds if done < bound * total), last)
        done += size
    return splits


class _Filling:
    """Splits while they are filled.

    Attributes:
        labels: the rarest first.
        splits: of groups, by their names.
    """

    def __init__(self, groups: Sequence[Group], shares: Mapping[Split, float], seed: int) -> None:
        self.splits: dict[str, Split] = {}
        self._shares = shares
        self._places = {group.name: _place(seed, group.name) for group in groups}
        self._with_label: dict[str, list[Group]] = defaultdict(list)
        for group in sorted(groups, key=lambda group: (self._places[group.name], group.name)):
            for label in group.labels:
                self._with_label[label].append(group)
        self.labels = sorted(self._with_label, key=lambda label: (len(self._with_label[label]), label))
        self._holders: dict[Split, Counter[str]] = {split: Counter() for split in shares}  # groups with each label
        self._mended: set[str] = set()

    def cut(self, label: str) -> None:
        """Let those groups with a label that have no split yet be of one, by their places."""
        free = [group for group in self._with_label[label] if group.name not in self.splits]
        total = sum(group.size for group in free)
        wanted = {split: share * total for split, share in self._shares.items()}
        held_out = total - wanted[Split.TRAIN]
        others: list[Group] = []
        for group in free:
            if group.size <= held_out:
                others.append(group)
                continue
            # One that has more pictures than all other splits together are to have is only good to learn from.
            self._put(group, Split.TRAIN)
            wanted[Split.TRAIN] = max(0.0, wanted[Split.TRAIN] - group.size)
        scale = sum(wanted.values()) / (sum(group.size for group in others) or 1)
        last, done = list(wanted)[-1], 0
        for group in others:
            middle = (done + group.size / 2) * scale
            bounds = zip(wanted, accumulate(wanted.values()), strict=True)
            self._put(group, next((split for split, bound in bounds if middle < bound), last))
            done += group.size

    def mend(self, label: str) -> bool:
        """Give a label to the splits that lack it, and take it from none. Says whether there are groups enough."""
        self._mended.add(label)
        for split, holders in self._holders.items():
            if holders[label]:
                continue
            spare = [group for group in self._with_label[label] if self._can_spare(group)]
            if not spare:
                return False
            middle = self._middle(split)
            group = min(spare, key=lambda group: (group.size, abs(self._places[group.name] - middle)))
            self._holders[self.splits[group.name]].subtract(group.labels.keys())
            self._put(group, split)
        return True

    def described(self, label: str) -> str:
        """How much there is of a label."""
        groups = self._with_label[label]
        return f"{label!r}: {sum(group.labels[label] for group in groups)} pictures in {len(groups)} groups"

    def _put(self, group: Group, split: Split) -> None:
        self.splits[group.name] = split
        self._holders[split].update(group.labels.keys())

    def _can_spare(self, group: Group) -> bool:
        """Whether no label that every split has by now would lack in the split of a group without it."""
        holders = self._holders[self.splits[group.name]]
        return all(holders[label] > 1 for label in group.labels if label in self._mended)

    def _middle(self, split: Split) -> float:
        """The place in the middle of those that a split is to have."""
        until = dict(zip(self._shares, accumulate(self._shares.values()), strict=True))
        return until[split] - self._shares[split] / 2


def _place(seed: int, name: str) -> float:
    """Where a group lies between 0 and 1."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8]) / 2**64
