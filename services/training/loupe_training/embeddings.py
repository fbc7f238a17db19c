"""Embeddings with labels, as a file gives them: the quick way to a model, for which no picture is decoded."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.groups import groups_in
from loupe_training.datasets.snapshot import Sample, Split, digest_of
from loupe_training.datasets.splits import Group, by_label, shares_of
from loupe_training.evaluation.answers import Floats
from loupe_training.exported import SUFFIX, read_export

FORMAT = """What `loupe export FILE.parquet --reviewed --embeddings` writes: of it, what reviewers agree on.
Or a NumPy archive (.npz) with
  labels       text[N]
  embeddings   float32[N, D]; or, as the archive keeps them, vectors int8[N, D] and scales float32[N]
  names        text[N], optional: what the report calls them
  groups       text[N], optional: what must not be divided between splits
  splits       text[N], optional: train, validation or test"""


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
        InvalidDataset: it is no such file.
    """

    def __init__(
        self, path: Path, validation: float = 0.15, test: float = 0.15, seed: int = 0, group_by: str | None = None
    ) -> None:
        content = read_export(path) if path.suffix.lower() == SUFFIX else _read(path)
        self.spaces: list[str] = content.get("spaces", [])
        self.vectors = _vectors(content, path)
        labels = _texts(content, "labels", len(self.vectors), path)
        names = _texts(content, "names", len(self.vectors), path, [str(n) for n in range(len(labels))])
        own = names if group_by is None else groups_in(names, group_by)
        groups = _texts(content, "groups", len(self.vectors), path, own)
        given = _texts(content, "splits", len(self.vectors), path, [])
        splits = _given(given, path) if given else _drawn(labels, groups, validation, test, seed)
        self.samples = tuple(
            Sample(path=name, sha256=_sha256(vector), label=label, group=group, split=split)
            for name, vector, label, group, split in zip(names, self.vectors, labels, groups, splits, strict=True)
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
    elif {"vectors", "scales"} <= set(content) and content["vectors"].ndim == 2:  # noqa: PLR2004  (rows and columns)
        found = content["vectors"].astype(np.float32) * content["scales"].reshape(-1, 1)
    else:
        raise InvalidDataset(f"{path} has no embeddings. {FORMAT}")
    if found.ndim != 2 or not len(found) or found.dtype.kind != "f":  # noqa: PLR2004
        raise InvalidDataset(f"{path}: embeddings are {found.dtype}{list(found.shape)}, not float32[N, D]")
    if strange := np.flatnonzero(~np.isfinite(found).all(axis=1)).tolist():
        raise InvalidDataset(naming(f"{path}: embeddings are not finite", [f"row {row}" for row in strange]))
    vectors: Floats = found.astype(np.float32)
    return vectors


def _sha256(vector: Floats) -> str:
    return hashlib.sha256(vector.astype("<f4").tobytes()).hexdigest()


def _texts(content: dict[str, Any], name: str, count: int, path: Path, default: list[str] | None = None) -> list[str]:
    if name not in content:
        if default is None:
            raise InvalidDataset(f"{path} has no {name}. {FORMAT}")
        return default
    texts = [str(text) for text in content[name].tolist()]
    if len(texts) != count:
        raise InvalidDataset(f"{path}: there are {count} embeddings and {len(texts)} {name}")
    return texts


def _given(splits: list[str], path: Path) -> list[Split]:
    try:
        return [Split(split) for split in splits]
    except ValueError as error:
        raise InvalidDataset(f"{path}: splits: {error}; they are {', '.join(Split)}") from error


def _drawn(labels: list[str], groups: list[str], validation: float, test: float, seed: int) -> list[Split]:
    members: dict[str, Counter[str]] = {}
    for label, group in zip(labels, groups, strict=True):
        members.setdefault(group, Counter())[label] += 1
    chosen = by_label([Group(name, counts) for name, counts in members.items()], shares_of(validation, test), seed)
    return [chosen[group] for group in groups]
