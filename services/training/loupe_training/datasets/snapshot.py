"""A snapshot: an immutable folder with the pictures, labels and splits that a model is trained and judged on.

    snapshot.json     what it is: digest, when and of what it was made, by which rules, what was noticed
    samples.jsonl     a ``Sample`` per line, in the order of their paths
    images/           the pictures

The digest is the SHA-256 of ``samples.jsonl``, in which are the SHA-256 of all pictures. So two snapshots of the same
digest hold the same pictures with the same labels in the same splits, whenever and wherever they were made.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError

from loupe_shared.domain import Model, UtcDatetime
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.names import problem_of
from loupe_training.datasets.rules import Rules

MANIFEST_FILE, SAMPLES_FILE, IMAGES_FOLDER = "snapshot.json", "samples.jsonl", "images"


class Split(StrEnum):
    """What a picture is for: to learn from, to choose between settings by, or to judge by in the end."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Sample(Model):
    """A picture with its label.

    Attributes:
        path: relative to ``Snapshot.images``, with forward slashes.
        sha256: of the picture's bytes.
        group: what must not be divided between splits: a cell, a board, a plant.
    """

    path: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    label: str = Field(min_length=1)
    group: str
    split: Split


class Alike(Model):
    """Two pictures that look alike.

    Attributes:
        distance: between their fingerprints, in bits; 0 is the same.
    """

    first: str
    second: str
    distance: int


class Manifest(Model):
    """What a snapshot is.

    Attributes:
        digest: see ``digest_of``.
        origin: what it was made of.
        counts: pictures by split and label.
        notes: what was left out, or noticed.
        alike: pairs of pictures that look alike, the nearest thousand of those that were counted.
    """

    schema_version: Literal[1] = 1
    digest: str
    made_at: UtcDatetime
    origin: str
    rules: Rules
    counts: Mapping[Split, Mapping[str, int]]
    notes: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Pictures, labels and splits that do not change any more.

    Attributes:
        images: the folder that paths are relative to.
        samples: in the order of their paths.
        digest: see ``digest_of``.
    """

    images: Path
    samples: tuple[Sample, ...]
    digest: str

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({sample.label for sample in self.samples}))

    def of(self, split: Split) -> tuple[Sample, ...]:
        """The samples of a split."""
        return tuple(sample for sample in self.samples if sample.split is split)

    @classmethod
    def load(cls, folder: Path, *, contents: bool = False) -> Self:
        """Read a snapshot and check its digest.

        Args:
            folder: of the snapshot.
            contents: whether to check the pictures' own hashes, too, which reads all of them.

        Raises:
            InvalidDataset: it is none, or not what it was when it was made.
        """
        manifest, text = manifest_of(folder), _read(folder / SAMPLES_FILE)
        if hashlib.sha256(text).hexdigest() != manifest.digest:
            raise InvalidDataset(f"{folder / SAMPLES_FILE} was altered after the snapshot was made: make a new one")
        try:
            samples = tuple(map(Sample.model_validate_json, text.splitlines()))
        except ValidationError as error:
            raise InvalidDataset(f"{folder / SAMPLES_FILE} is of another version of Loupe: make a new one") from error
        if strange := [f"{sample.path!r}: {problem}" for sample in samples if (problem := problem_of(sample.path))]:
            raise InvalidDataset(naming(f"{folder / SAMPLES_FILE} has paths that no snapshot has", strange))
        snapshot = cls(folder / IMAGES_FOLDER, samples, manifest.digest)
        if contents:
            snapshot.check_contents()
        return snapshot

    def check_contents(self) -> None:
        """Compare each picture with its hash.

        Raises:
            InvalidDataset: pictures are missing or altered.
        """
        if wrong := [f"{one.path}: {problem}" for one in self.samples if (problem := _difference(self.images, one))]:
            raise InvalidDataset(naming("pictures are not what they were when the snapshot was made", wrong))


def manifest_of(folder: Path) -> Manifest:
    """What a snapshot says of itself.

    Raises:
        InvalidDataset: the folder is no snapshot.
    """
    try:
        return Manifest.model_validate_json(_read(folder / MANIFEST_FILE))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise InvalidDataset(f"{folder / MANIFEST_FILE}: {where}: {first['msg']}") from error


def text_of(samples: Iterable[Sample]) -> bytes:
    """Samples as they stand in a snapshot, whatever order they come in."""
    ordered = sorted(samples, key=lambda sample: sample.path)
    return "".join(f"{sample.to_json()}\n" for sample in ordered).encode()


def digest_of(samples: Iterable[Sample]) -> str:
    """SHA-256 of the sorted samples."""
    return hashlib.sha256(text_of(samples)).hexdigest()


def counts_of(samples: Iterable[Sample]) -> dict[Split, dict[str, int]]:
    """Pictures by split and label."""
    counted = Counter((sample.split, sample.label) for sample in samples)
    return {split: {label: number for (of, label), number in sorted(counted.items()) if of is split} for split in Split}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidDataset(
            f"{path.parent} is no snapshot that can be read: {error.strerror} ({path.name})"
        ) from error


def _difference(images: Path, sample: Sample) -> str | None:
    try:
        with (images / sample.path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return error.strerror
    return None if found == sample.sha256 else "it has other bytes"
