"""What the images of some days are compared with."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from loupe_query.drift.stream import ByDay, Images
from loupe_shared.counters import Kind
from loupe_shared.drift.projections import BINS, PROJECTIONS, Numbers, binned, edges_of, projected
from loupe_shared.drift.reference import Reference
from loupe_shared.embedding import Vectors

Counts = npt.NDArray[np.int64]

_TRAINING = "training"  # in the place of a day, where images are of none


class Embedded(NamedTuple):
    """Embeddings as they are compared.

    Attributes:
        edges: of the bins of each direction, ``float64[PROJECTIONS, BINS - 1]``.
        counts: images by day, ``int64[days, PROJECTIONS, BINS]``.
    """

    edges: Numbers
    counts: Counts


class Baseline(Protocol):
    """Images that are compared with. Every method raises ``StoreUnavailable`` when the archive does not answer."""

    @property
    def kind(self) -> Literal["training", "archive"]:
        """Where they are from. Those of a training are independent of each other."""

    def counted(self, kind: Kind) -> ByDay:
        """How many there are by day and key."""

    def embedded(self) -> Embedded:
        """Their embeddings."""


class OfTraining:
    """``Baseline`` of what a bundle says of its training."""

    kind: Literal["training"] = "training"

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def counted(self, kind: Kind) -> ByDay:
        """See ``Baseline.counted``; of labels and scores."""
        reference = self._reference
        of_scores = {str(number): images for number, images in enumerate(reference.scores)}
        counts = reference.labels if kind is Kind.LABEL else of_scores
        return {(_TRAINING, key): images for key, images in counts.items()}

    def embedded(self) -> Embedded:
        """See ``Baseline.embedded``."""
        bins = self._reference.embeddings
        return Embedded(np.array(bins.edges), np.array([bins.counts]))


class OfArchive:
    """``Baseline`` of other days of the archive, in whose embeddings bins are of as many each."""

    kind: Literal["archive"] = "archive"

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


def by_direction(vectors: Vectors, days: Sequence[str], edges: Numbers) -> Counts:
    """How many embeddings ``int8[N, D]`` of N days are in which bin, ``int64[days, PROJECTIONS, BINS]``."""
    if not len(vectors):
        return np.zeros((0, PROJECTIONS, BINS), np.int64)
    places, of = projected(vectors), np.array(days)
    return np.array([binned(places[of == day], edges) for day in sorted(set(days))])
