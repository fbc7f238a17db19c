"""Pictures with labels, as a source gives them, and what is checked of them before anybody looks at the pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from loupe_shared.result import MAX_LABEL_LENGTH
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.names import problem_of
from loupe_training.datasets.snapshot import Split


@dataclass(frozen=True)
class LabelledPicture:
    """A picture and its label.

    Attributes:
        name: as the picture is called in a data set, relative, with forward slashes.
        file: where it lies.
        where: the place that says so, such as ``labels.csv, line 3``.
        group: what it must not be parted from, if the source says so.
        split: that it belongs to, if the source says so.
        taken_at: when it was taken, if the source says so.
    """

    name: str
    file: Path
    label: str
    where: str
    group: str | None = None
    split: Split | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Labelling:
    """What a source says.

    Attributes:
        origin: the source, for people.
        notes: what it has beside these pictures, for people.
    """

    origin: str
    pictures: tuple[LabelledPicture, ...]
    notes: tuple[str, ...] = ()

    def noting(self, sentence: str, places: Iterable[str]) -> "Labelling":
        """The same, with a note that names places, if there are any."""
        found = list(places)
        return replace(self, notes=(*self.notes, naming(sentence, found))) if found else self


def moment(text: str) -> datetime:
    """A time as ISO 8601; one without a time zone is taken for UTC.

    Raises:
        ValueError: it is none.
    """
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def checked(labelling: Labelling, *, skip_bad: bool = False) -> Labelling:
    """A labelling in which every picture is there, once, with one label, under a name that can be a file.

    Args:
        labelling: as a source gives it.
        skip_bad: whether pictures that are missing or have two labels are left out with a note.

    Raises:
        InvalidDataset: otherwise. It names the places.
    """
    if strange := [f"{one.where}: {one.name!r}: {problem}" for one in labelling.pictures if (problem := _problem(one))]:
        raise InvalidDataset(
            naming(f"{labelling.origin} has entries that cannot be used; mend or remove them", strange)
        )
    by_name: dict[str, list[LabelledPicture]] = {}
    for one in labelling.pictures:
        by_name.setdefault(one.name, []).append(one)
    disputed = {name: ones for name, ones in by_name.items() if len({_said(one) for one in ones}) > 1}
    missing = [one for name, (one, *_) in by_name.items() if name not in disputed and not one.file.is_file()]
    kept = {name: one for name, (one, *_) in by_name.items() if name not in disputed}
    for one in missing:
        del kept[one.name]
    found = replace(labelling, pictures=tuple(kept.values()))
    for sentence, places in (
        ("the same image has two labels, groups, splits or times", [disagreement(ones) for ones in disputed.values()]),
        ("labels name images that are not there", [f"{one.where}: {one.name!r}" for one in missing]),
    ):
        if places and not skip_bad:
            raise InvalidDataset(naming(f"{labelling.origin}: {sentence} (--skip-bad leaves them out)", places))
        found = found.noting(f"left out: {sentence}", places)
    return found


def disagreement(ones: Iterable[LabelledPicture]) -> str:
    """What is said of a picture in several places."""
    return "; ".join(f"{one.where}: {one.name!r} is {one.label!r}" for one in ones)


def _said(one: LabelledPicture) -> tuple[object, ...]:
    return one.label, one.group, one.split, one.taken_at


def _problem(one: LabelledPicture) -> str | None:
    if not one.label.strip() or one.label != one.label.strip():
        return f"the label {one.label!r} is empty or has space around it"
    if len(one.label) > MAX_LABEL_LENGTH or not one.label.isprintable():
        return f"the label has more than {MAX_LABEL_LENGTH} characters, or some that cannot be printed"
    return problem_of(one.name)
