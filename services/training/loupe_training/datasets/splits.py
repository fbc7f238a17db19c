"""Which group goes to which split. A group is never divided, so nothing of what is tested was learnt from."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.filling import Filling
from loupe_training.datasets.groups import Group
from loupe_training.datasets.snapshot import Split


def shares_of(validation: float, test: float) -> dict[Split, float]:
    """The share of each split that there is to be."""
    shares = {Split.TRAIN: 1 - validation - test, Split.VALIDATION: validation, Split.TEST: test}
    return {split: share for split, share in shares.items() if share > 0}


def by_label(groups: Sequence[Group], shares: Mapping[Split, float], seed: int) -> dict[str, Split]:
    """Splits in which labels are distributed as in the whole, as far as groups allow. They stay as groups are added.

    Each group has a place between 0 and 1, a hash of the seed and its name, which depends on no other group. For each
    label, the rarest first, the groups that have no split yet are cut in the order of their places, so that each split
    gets its share of their pictures. (Iterative stratification, after Sechidis, Tsoumakas, Vlahavas, *On the
    Stratification of Multi-Label Data*, 2011, takes labels in this order.) Then splits get the labels that they lack,
    and where a label is far from its shares, some of the groups that have several labels change their split.

    So the cuts lie near the sums of the shares, the nearer the more groups there are, and one more group changes the
    split of at most one other at each cut, if all are of the same size. Validation lies between training and test, so
    what was learnt from hardly ever becomes a test, and only where groups are few or have several labels.

    Args:
        groups: of all pictures.
        shares: of each split, from the place 0 on.
        seed: of the places.

    Raises:
        InvalidDataset: a label has too few groups for all splits to have it.
    """
    filling = Filling(groups, shares, seed)
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
    filling.balance()
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
