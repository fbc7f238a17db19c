"""Embeddings with labels, as a file gives them: the quick way to a model, for which no picture is decoded."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.groups import Group, divided, groups_in, joined
from loupe_training.datasets.snapshot import Sample, Split, digest_of
from loupe_training.datasets.splits import by_label, shares_of
from loupe_training.evaluation.answers import Floats
from loupe_training.exported import SUFFIX, read_export

FORMAT = """What `loupe export FILE.parquet --reviewed --embeddings` writes: of it, what reviewers agree on.
Or a NumPy archive (.npz) with
  labels       text[N]
  embeddings   float32[N, D]; or, as the archive keeps them, vectors int8[N, D] and scales float32[N]
  names        text[N], optional: what the report calls them
  groups       text[N], optional: what must not be divided between splits
  splits       text[N], optional: train, validation or test
Equal embeddings are of the same picture, under whatever names, and are not divided either."""


class LabelledEmbeddings:
    """Embeddings with labels and splits.

    Attributes:
        vectors: ``float32[N, D]``.
        samples: what is known of each, in the same order. Hashes are of the embeddings, since there are no pictures.
        spaces: in which they can be compared (see ``ModelVersion``); empty if the file does not say it.
        digest: of all samples.

    Args:
        path: of a file as ``FORMAT`` says.
        validation: share of the validation split, if the file has no splits.
        test: share of the test split.
        seed: of the splits.
        group_by: what in a name says what is not divided between splits, if the file has no groups; see ``Rules``.

    Raises:
        InvalidDataset: it is no such file, or its splits divide what belongs together.
    """

    def __init__(
        self, path: Path, validation: float = 0.15, test: float = 0.15, seed: int = 0, group_by: str | None = None
    ) -> None:
        content = read_export(path) if path.suffix.lower() == SUFFIX else _read(path)
        self.spaces: list[str] = content.get("spaces", [])
        self.vectors = _vectors(content, path)
        labels = _labels(content, len(self.vectors), path)
        names = _texts(content, "names", len(self.vectors), path, [str(n) for n in range(len(labels))])
        own = names if group_by is None else groups_in(names, group_by)
        hashes = [_sha256(vector) for vector in self.vectors]
        groups = joined(_texts(content, "groups", len(self.vectors), path, own), _equal(hashes))
        given = _texts(content, "splits", len(self.vectors), path, [])
        splits = _given(given, groups, path) if given else _drawn(labels, groups, validation, test, seed)
        self.samples = tuple(
            Sample(path=name, sha256=sha256, label=label, group=group, split=split)
            for name, sha256, label, group, split in zip(names, hashes, labels, groups, splits, strict=True)
        )
        self.digest = digest_of(self.samples)

    def of(self, split: Split) -> tuple[Floats, tuple[Sample, ...]]:
        """Those of a split."""
        chosen = [number for number, sample in enumerate(self.samples) if sample.split is split]
        return self.vectors[chosen], tuple(self.samples[number] for number in chosen)


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise InvalidDataset(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # what is no archive fails in many ways
        raise InvalidDataset(f"{path} is not what is needed. {FORMAT}") from error


def _vectors(content: dict[str, Any], path: Path) -> Floats:
    if "embeddings" in content:
        found = content["embeddings"]
    elif {"vectors", "scales"} <= set(content):
        found = _scaled(content["vectors"], content["scales"], path)
    else:
        raise InvalidDataset(f"{path} has no embeddings. {FORMAT}")
    if found.ndim != 2 or not len(found) or found.dtype.kind != "f":  # noqa: PLR2004
        raise InvalidDataset(f"{path}: embeddings are {found.dtype}{list(found.shape)}, not float32[N, D]")
    if strange := np.flatnonzero(~np.isfinite(found).all(axis=1)).tolist():
        raise InvalidDataset(naming(f"{path}: embeddings are not finite", [f"row {row}" for row in strange]))
    vectors: Floats = found.astype(np.float32)
    return vectors


def _scaled(vectors: npt.NDArray[Any], scales: npt.NDArray[Any], path: Path) -> Floats:
    if vectors.ndim != 2 or vectors.dtype.kind != "i":  # noqa: PLR2004  (rows and columns)
        raise InvalidDataset(f"{path}: vectors are {vectors.dtype}{list(vectors.shape)}, not int8[N, D]")
    if scales.size != len(vectors) or scales.dtype.kind != "f":
        raise InvalidDataset(
            f"{path}: there are {len(vectors)} vectors, and scales are {scales.dtype}{list(scales.shape)}, not "
            f"float32[{len(vectors)}]: give each vector its scale"
        )
    scaled: Floats = vectors.astype(np.float32) * scales.reshape(-1, 1)
    return scaled


def _sha256(vector: Floats) -> str:
    return hashlib.sha256(vector.astype("<f4").tobytes()).hexdigest()


def _equal(hashes: list[str]) -> Iterator[tuple[int, int]]:
    """The places of equal embeddings, each with the first of them."""
    first: dict[str, int] = {}
    for place, sha256 in enumerate(hashes):
        yield first.setdefault(sha256, place), place


def _labels(content: dict[str, Any], count: int, path: Path) -> list[str]:
    labels = _texts(content, "labels", count, path)
    if empty := [f"row {row}" for row, label in enumerate(labels) if not label.strip()]:
        raise InvalidDataset(naming(f"{path}: labels are empty; give these rows a label, or leave them out", empty))
    return labels


def _texts(content: dict[str, Any], name: str, count: int, path: Path, default: list[str] | None = None) -> list[str]:
    if name not in content:
        if default is None:
            raise InvalidDataset(f"{path} has no {name}. {FORMAT}")
        return default
    found = content[name]
    if found.ndim != 1:
        raise InvalidDataset(f"{path}: {name} are {found.dtype}{list(found.shape)}, not text[N]")
    if len(found) != count:
        raise InvalidDataset(f"{path}: there are {count} embeddings and {len(found)} {name}")
    try:
        return [text.decode() if isinstance(text, bytes) else str(text) for text in found.tolist()]
    except UnicodeDecodeError as error:
        raise InvalidDataset(f"{path}: {name} are bytes that are not UTF-8: save them as text") from error


def _given(named: list[str], groups: list[str], path: Path) -> list[Split]:
    """The splits that the file names, if none divides a group."""
    try:
        splits = [Split(split) for split in named]
    except ValueError as error:
        raise InvalidDataset(f"{path}: splits: {error}; they are {', '.join(Split)}") from error
    apart = [
        f"row {row} is in {splits[row]}, and row {other} is in {splits[other]}"
        for row, other in divided(groups, splits)
    ]
    if apart:
        raise InvalidDataset(
            naming(
                f"{path}: splits divide what belongs together, by its group or because embeddings are equal, so that "
                "the test would tell too much; change them, or leave them out",
                apart,
            )
        )
    return splits


def _drawn(labels: list[str], groups: list[str], validation: float, test: float, seed: int) -> list[Split]:
    members: dict[str, Counter[str]] = {}
    for label, group in zip(labels, groups, strict=True):
        members.setdefault(group, Counter())[label] += 1
    chosen = by_label([Group(name, counts) for name, counts in members.items()], shares_of(validation, test), seed)
    return [chosen[group] for group in groups]
