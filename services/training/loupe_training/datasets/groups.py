"""What belongs together: pictures of the same thing, and pictures that look alike."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.labelled import LabelledPicture


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


def own_groups(pictures: Sequence[LabelledPicture], group_by: str | None) -> list[str]:
    """The group of each picture by what its source or its name says; otherwise it is one by itself.

    Args:
        pictures: of a source.
        group_by: a regular expression over names; see ``Rules``.

    Raises:
        InvalidDataset: the expression is not found in some names.
    """
    if group_by is None:
        return [one.name if one.group is None else one.group for one in pictures]
    return groups_in([one.name for one in pictures], group_by)


def groups_in(names: Sequence[str], group_by: str) -> list[str]:
    """The group that each name says.

    Args:
        names: of pictures.
        group_by: a regular expression; see ``Rules``.

    Raises:
        InvalidDataset: the expression is not found in some names.
    """
    found = [re.search(group_by, name) for name in names]
    if lacking := [name for name, match in zip(names, found, strict=True) if match is None]:
        raise InvalidDataset(naming(f"--group-by {group_by!r} is not found in names", lacking))
    return [(match[1] if match.re.groups else match[0]) or "" for match in found if match]


def joined(groups: Sequence[str], pairs: Iterable[tuple[int, int]]) -> list[str]:
    """The groups of pictures after those of pairs have become one, with the name that sorts first.

    Args:
        groups: of each picture.
        pairs: places of pictures that belong together.
    """
    parents = {group: group for group in groups}

    def root(group: str) -> str:
        while parents[group] != group:
            parents[group] = parents[parents[group]]
            group = parents[group]
        return group

    for one, other in pairs:
        first, second = sorted((root(groups[one]), root(groups[other])))
        parents[second] = first
    return [root(group) for group in groups]


def divided(groups: Sequence[str], splits: Sequence[object]) -> list[tuple[int, int]]:
    """Places of pictures whose split is not that of the first of their group, each with the place of that first one.

    Args:
        groups: of each picture.
        splits: likewise.
    """
    first: dict[str, int] = {}
    of_first = [first.setdefault(group, place) for place, group in enumerate(groups)]
    return [(place, other) for place, other in enumerate(of_first) if splits[place] != splits[other]]
