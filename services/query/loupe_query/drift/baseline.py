"""What the images of some days are compared with."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from loupe_query.drift.stream import ByDay, Images
from loupe_shared.counters import Kind
from loupe_shared.drift.projections import BINS, PROJECTIONS, Numbers, binned, edges_of, projected
from loupe_shared.drift.reference import Part, Reference
from loupe_shared.embedding import Vectors

Counts = npt.NDArray[np.int64]


class Embedded(NamedTuple):
    """Embeddings as they are compared.

    Attributes:
        edges: of the bins of each direction, ``float64[PROJECTIONS, BINS - 1]``.
        counts: images by day or part, ``int64[days, PROJECTIONS, BINS]``.
    """

    edges: Numbers
    counts: Counts


class Baseline(Protocol):
    """Images that are compared with. Every method raises ``StoreUnavailable`` when the archive does not answer."""

    @property
    def kind(self) -> Literal["training", "archive"]:
        """Where they are from."""

    @property
    def are_independent(self) -> bool:
        """Whether each image is independent of all others, so that they need not be told apart by day or part."""

    def counted(self, kind: Kind) -> ByDay:
        """How many there are by day or part, and key."""

    def embedded(self) -> Embedded:
        """Their embeddings."""


class OfTraining:
    """``Baseline`` of what a bundle says of its training."""

    kind: Literal["training"] = "training"

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    @property
    def are_independent(self) -> bool:
        """See ``Baseline.are_independent``."""
        return not self._reference.parts

    def counted(self, kind: Kind) -> ByDay:
        """See ``Baseline.counted``; of labels and scores. Parts are in the place of days."""
        parts: Sequence[Part | Reference] = self._reference.parts or [self._reference]
        return {
            (f"part {number}", key): images
            for number, part in enumerate(parts)
            for key, images in (part.labels if kind is Kind.LABEL else _by_bin(part.scores)).items()
        }

    def embedded(self) -> Embedded:
        """See ``Baseline.embedded``; likewise."""
        bins = self._reference.embeddings
        counts = [part.embeddings for part in self._reference.parts] or [bins.counts]
        return Embedded(np.array(bins.edges), np.array(counts))


class OfArchive:
    """``Baseline`` of other days of the archive, in whose embeddings bins are of as many each."""

    kind: Literal["archive"] = "archive"
    are_independent = False

    def __init__(self, days: Images) -> None:
        self._days = days

    def counted(self, kind: Kind) -> ByDay:
        """See ``Baseline.counted``."""
        return self._days.counted(kind)

    def embedded(self) -> Embedded:
        """See ``Baseline.embedded``."""
        vectors, days = self._days.embeddings()
        edges = edges_of(projected(vectors)) if len(vectors) else np.zeros((PROJECTIONS, BINS - 1))
        return Embedded(edges, by_direction(vectors, days, edges))


def _by_bin(scores: Sequence[int]) -> dict[str, int]:
    return {str(number): images for number, images in enumerate(scores)}


def by_direction(vectors: Vectors, days: Sequence[str], edges: Numbers) -> Counts:
    """How many embeddings ``int8[N, D]`` of N days are in which bin, ``int64[days, PROJECTIONS, BINS]``."""
    if not len(vectors):
        return np.zeros((0, PROJECTIONS, BINS), np.int64)
    places, of = projected(vectors), np.array(days)
    return np.array([binned(places[of == day], edges) for day in sorted(set(days))])
