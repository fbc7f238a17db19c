"""Which group goes to which split. A group is never divided, so nothing of what is tested was learnt from."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


def by_label(groups: Iterable[Group], shares: Mapping[Split, float], seed: int) -> dict[str, Split]:
    """Splits in which labels are distributed as in the whole, as far as groups allow.

    Iterative stratification after Sechidis, Tsoumakas, Vlahavas, *On the Stratification of Multi-Label Data* (2011),
    with a group in place of an example that has several labels: first every split gets each label, the rarest first;
    then the largest groups go where they bring the numbers of their labels nearest to what is wanted.

    Args:
        groups: of all pictures.
        shares: of each split.
        seed: of the order among equals.

    Raises:
        InvalidDataset: a label has too few groups for all splits to have it.
    """
    order = sorted(groups, key=lambda group: group.name)
    random.Random(seed).shuffle(order)  # noqa: S311  (no secret)
    filling = _Filling(order, shares)
    filling.give_each_its_labels()
    for group in sorted(filling.waiting(), key=lambda group: -group.size):
        filling.put(group, min(shares, key=lambda split: filling.cost(group, split)))
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
    """Splits while they are filled."""

    def __init__(self, order: list[Group], shares: Mapping[Split, float]) -> None:
        self.splits: dict[str, Split] = {}
        self._order = order
        self._with_label: dict[str, list[Group]] = defaultdict(list)
        self._totals: Counter[str] = Counter()
        for group in order:
            self._totals.update(group.labels)
            for label in group.labels:
                self._with_label[label].append(group)
        self._wanted = {
            split: {label: share * n for label, n in self._totals.items()} for split, share in shares.items()
        }
        self._has: dict[Split, Counter[str]] = {split: Counter() for split in shares}

    def waiting(self) -> list[Group]:
        """Groups that have no split yet."""
        return [group for group in self._order if group.name not in self.splits]

    def put(self, group: Group, split: Split) -> None:
        """Let a group be of a split."""
        self.splits[group.name] = split
        self._has[split].update(group.labels)

    def cost(self, group: Group, split: Split) -> tuple[float, float]:
        """By how much the squared distance from what is wanted grows, in parts of all pictures of the label.

        Among equals, the split that lacks the most pictures of all labels is the cheapest.
        """
        has, wanted = self._has[split], self._wanted[split]
        grows = sum(n * (2 * (has[one] - wanted[one]) + n) / self._totals[one] for one, n in group.labels.items())
        return grows, has.total() - sum(wanted.values())

    def give_each_its_labels(self) -> None:
        """Let every split have at least one group with each label."""
        lacking: list[str] = []
        for label, groups in sorted(self._with_label.items(), key=lambda item: (len(item[1]), item[0])):
            for split, has in self._has.items():
                if has[label]:
                    continue
                free = [group for group in groups if group.name not in self.splits]
                if not free:
                    lacking.append(f"{label!r}: {self._totals[label]} pictures in {len(groups)} groups")
                    break
                self.put(min(free, key=lambda group: group.size), split)
        if lacking:
            raise InvalidDataset(
                naming(
                    f"labels have too few pictures that do not belong together to be in {len(self._has)} splits; label "
                    "more, leave them out with --leave-out LABEL, or do without a split (--test 0); if pictures were "
                    "taken for near-duplicates that are none, make --distance smaller",
                    lacking,
                )
            )
