"""Splits that are filled with whole groups."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from loupe_training.datasets.groups import Group
from loupe_training.datasets.snapshot import Split

TOLERANCE = 0.04  # of a label's pictures, by which a split may have more or less than its share
LEAST_GAIN = 1e-9  # less is the error of floating-point numbers


class Filling:
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
        # Of groups that have several labels.
        self._contents = {one.name: tuple(sorted(one.labels.items())) for one in groups if len(one.labels) > 1}
        # Of each split and label: pictures less those that there are to be, and groups.
        totals = {label: sum(one.labels[label] for one in found) for label, found in self._with_label.items()}
        self._excess = {
            split: {label: -share * total for label, total in totals.items()} for split, share in shares.items()
        }
        self._totals = totals
        self._holders: dict[Split, Counter[str]] = {split: Counter() for split in shares}
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
            self._put(group, split)
        return True

    def balance(self) -> None:
        """Move groups that have several labels, one by one, as long as one is far from its shares and that helps.

        Those of one label are at its shares already.
        """
        while off := [label for label in self.labels if self._is_off(label)]:
            moves = (
                (self._gain(group, split), -group.size, self._places[group.name], group, split)
                for group in self._kinds(off)
                if self._can_spare(group)
                for split in self._shares
            )
            gain, _, _, group, split = max(moves, key=lambda move: move[:3], default=(0.0, 0, 0.0, None, None))
            if group is None or split is None or gain < LEAST_GAIN:
                return
            self._put(group, split)

    def described(self, label: str) -> str:
        """How much there is of a label."""
        groups = self._with_label[label]
        return f"{label!r}: {sum(group.labels[label] for group in groups)} pictures in {len(groups)} groups"

    def _put(self, group: Group, split: Split) -> None:
        if before := self.splits.get(group.name):
            self._count(group, before, -1)
        self.splits[group.name] = split
        self._count(group, split, 1)

    def _count(self, group: Group, split: Split, sign: int) -> None:
        for label, pictures in group.labels.items():
            self._excess[split][label] += sign * pictures
            self._holders[split][label] += sign

    def _kinds(self, labels: Iterable[str]) -> Iterable[Group]:
        """One of those groups that have as many pictures of each label, in the same split: all bring the same gain."""
        found = {
            (self.splits[group.name], self._contents[group.name]): group
            for label in labels
            for group in self._with_label[label]
            if group.name in self._contents
        }
        return found.values()

    def _is_off(self, label: str) -> bool:
        return any(abs(excess[label]) > TOLERANCE * self._totals[label] for excess in self._excess.values())

    def _gain(self, group: Group, split: Split) -> float:
        """By how much the squared distances from the shares, in parts of each label's pictures, become less."""
        here, there = self._excess[self.splits[group.name]], self._excess[split]
        return sum(
            2 * n * (here[label] - there[label] - n) / self._totals[label] ** 2 for label, n in group.labels.items()
        )

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
