"""A snapshot is made of pictures with labels: they are checked, compared, grouped and split."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from loupe_shared.domain import now
from loupe_training.datasets.alike import Resemblance, find_resemblance
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.folder import appearing, write_new
from loupe_training.datasets.groups import Group, divided, joined, own_groups
from loupe_training.datasets.labelled import LabelledPicture, Labelling, checked
from loupe_training.datasets.rules import NearDuplicates, Rules, SplitBy
from loupe_training.datasets.snapshot import (
    IMAGES_FOLDER,
    MANIFEST_FILE,
    SAMPLES_FILE,
    Manifest,
    Sample,
    Snapshot,
    Split,
    counts_of,
    digest_of,
    text_of,
)
from loupe_training.datasets.splits import by_label, by_time, shares_of
from loupe_training.datasets.take import take

NOT_ALL = (
    "so many pictures look alike that not all pairs were counted, and there are more than is said here; if different "
    "things are taken for the same, make --distance smaller"
)


def make_snapshot(labelling: Labelling, rules: Rules, to: Path) -> Snapshot:
    """Make a snapshot of pictures with labels.

    Args:
        labelling: the pictures.
        rules: how.
        to: the folder that it is to be, which must not be there yet.

    Raises:
        InvalidDataset: none can be made of these, or the disk does not take it. Nothing of it is left.
    """
    labelling = checked(labelling, skip_bad=rules.skip_bad)
    wanted = tuple(one for one in labelling.pictures if one.label not in rules.leave_out)
    labelling = replace(labelling, pictures=wanted)
    _refuse_one_class(labelling)
    with appearing(to) as folder:
        taken, labelling = take(labelling, folder / IMAGES_FOLDER, skip_bad=rules.skip_bad)
        _refuse_one_class(labelling)
        resemblance = find_resemblance([(one.picture, one.sha256, one.look) for one in taken], rules.distance)
        groups = own_groups(labelling.pictures, rules.group_by)
        if rules.near_duplicates is NearDuplicates.GROUP:
            groups = joined(groups, resemblance.pairs)
        splits = _splits(labelling.pictures, groups, rules)
        samples = sorted(
            (
                Sample(path=one.picture.name, sha256=one.sha256, label=one.picture.label, group=group, split=split)
                for one, group, split in zip(taken, groups, splits, strict=True)
            ),
            key=lambda sample: sample.path,
        )
        labelling = _noted(labelling, resemblance, splits, rules)
        manifest = Manifest(
            digest=digest_of(samples),
            made_at=now(),
            origin=labelling.origin,
            rules=rules,
            counts=counts_of(samples),
            notes=labelling.notes,
            alike=resemblance.listed(),
        )
        write_new(folder / SAMPLES_FILE, text_of(samples))
        write_new(folder / MANIFEST_FILE, manifest.model_dump_json(indent=2).encode())
    return Snapshot(to / IMAGES_FOLDER, tuple(samples), manifest.digest)


def _refuse_one_class(labelling: Labelling) -> None:
    labels = {one.label for one in labelling.pictures}
    if not labels:
        raise InvalidDataset(f"{labelling.origin}: no picture with a label is left: nothing can be learnt from that")
    if len(labels) == 1:
        raise InvalidDataset(
            f"{labelling.origin}: all {len(labelling.pictures)} pictures have the label {labels.pop()!r}: "
            "a model needs at least two to tell apart"
        )


def _splits(pictures: Sequence[LabelledPicture], groups: Sequence[str], rules: Rules) -> list[Split]:
    """The split of each picture."""
    if rules.split_by is SplitBy.GIVEN:
        return _given(pictures, groups)
    shares = shares_of(rules.validation, rules.test)
    whole = _whole(pictures, groups)
    chosen = by_label(whole, shares, rules.seed) if rules.split_by is SplitBy.GROUP else by_time(whole, shares)
    splits = [chosen[group] for group in groups]
    learnt = {one.label for one, split in zip(pictures, splits, strict=True) if split is Split.TRAIN}
    if unknown := sorted({one.label for one in pictures} - learnt):
        raise InvalidDataset(naming("labels are not in the part to train on (--leave-out LABEL)", unknown))
    return splits


def _whole(pictures: Sequence[LabelledPicture], groups: Sequence[str]) -> list[Group]:
    members: dict[str, list[LabelledPicture]] = defaultdict(list)
    for one, group in zip(pictures, groups, strict=True):
        members[group].append(one)
    whole: list[Group] = []
    for group, ones in members.items():
        times = [one.taken_at for one in ones if one.taken_at]
        until = max(times) if len(times) == len(ones) else None
        whole.append(Group(group, Counter(one.label for one in ones), until))
    return whole


def _given(pictures: Sequence[LabelledPicture], groups: Sequence[str]) -> list[Split]:
    """The splits that the labels say, if none divides a group."""
    splits = [one.split for one in pictures if one.split]
    if len(splits) < len(pictures):
        without = [f"{one.where}: {one.name!r}" for one in pictures if not one.split]
        raise InvalidDataset(naming("with --split given, the labels must name the split of every picture", without))
    apart = [
        f"{one.where}: {one.name!r} is in {one.split}; {other.where}: {other.name!r} is in {other.split}"
        for one, other in ((pictures[place], pictures[first]) for place, first in divided(groups, splits))
    ]
    if apart:
        raise InvalidDataset(
            naming(
                "the splits that the labels name divide what belongs together, by its group or because it looks alike, "
                "so that the test would tell too much; change them, or use --split group, or --near-duplicates report",
                apart,
            )
        )
    return splits


def _noted(labelling: Labelling, found: Resemblance, splits: Sequence[Split], rules: Rules) -> Labelling:
    """A labelling with what is to be said of pictures that look alike."""
    across = found.described(lambda one, other: splits[one] is not splits[other])
    within = len(found.pairs) - len(across)
    if within:
        kept = "kept together" if rules.near_duplicates is NearDuplicates.GROUP else "in the same split"
        number = f"{within}" if found.complete else f"at least {within}"
        note = f"{number} pairs of pictures look alike, and are {kept}"
        labelling = replace(labelling, notes=(*labelling.notes, note))
    if not found.complete:
        labelling = replace(labelling, notes=(*labelling.notes, NOT_ALL))
    labelling = labelling.noting("pictures look alike and are in different splits, so the test tells too much", across)
    pictures = labelling.pictures
    unequal = found.described(lambda one, other: pictures[one].label != pictures[other].label)
    return labelling.noting("pictures look alike and have different labels: one of them may be wrong", unequal)
