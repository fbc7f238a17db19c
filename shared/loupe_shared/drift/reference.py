"""What a model said of pictures like those that it was trained on: ``reference.json`` in its bundle."""

from collections import Counter
from typing import Literal, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError, model_validator

from loupe_shared.counters import SCORE_BINS
from loupe_shared.domain import Model
from loupe_shared.drift.projections import BINS, PROJECTIONS
from loupe_shared.errors import InvalidBundle

REFERENCE_FILE = "reference.json"


class EmbeddingBins(Model):
    """Embeddings, as ``loupe_shared.drift.projections`` counts them.

    Attributes:
        edges: between the bins of each direction, ascending.
        counts: images in each bin of each direction.
    """

    edges: tuple[tuple[float, ...], ...]
    counts: tuple[tuple[NonNegativeInt, ...], ...]

    @model_validator(mode="after")
    def _has_all_bins(self) -> Self:
        if [len(edges) for edges in self.edges] != [BINS - 1] * PROJECTIONS:
            raise ValueError(f"edges must be {BINS - 1} of each of {PROJECTIONS} directions")
        if [len(counts) for counts in self.counts] != [BINS] * PROJECTIONS:
            raise ValueError(f"counts must be {BINS} of each of {PROJECTIONS} directions")
        if any(sorted(edges) != list(edges) for edges in self.edges):
            raise ValueError("edges must ascend")
        return self


class Part(Model):
    """Some of the images, such that no group has images in two parts.

    Attributes:
        labels: how many of them were given each label, without labels that none was given.
        scores: how many of them have a score in each of ``SCORE_BINS`` equal bins.
        embeddings: of them in each bin of each direction, between the edges of all.
    """

    labels: dict[str, PositiveInt]
    scores: tuple[NonNegativeInt, ...] = Field(min_length=SCORE_BINS, max_length=SCORE_BINS)
    embeddings: tuple[tuple[NonNegativeInt, ...], ...]


class Reference(Model):
    """What a model said of the validation split of its training.

    Not of the training split: a network is too sure of what it has learnt, and its embeddings are further apart.

    Attributes:
        images: how many these were.
        labels: how many of them were given each label, without labels that none was given.
        scores: how many of them have a score in each of ``SCORE_BINS`` equal bins.
        embeddings: of them.
        parts: of the images, whose counts tell how much those of a group resemble each other. None if every image is
            a group by itself, so that they are independent.
    """

    schema_version: Literal[1] = 1
    images: PositiveInt
    labels: dict[str, PositiveInt]
    scores: tuple[NonNegativeInt, ...] = Field(min_length=SCORE_BINS, max_length=SCORE_BINS)
    embeddings: EmbeddingBins
    parts: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _counts_all_images(self) -> Self:
        if {sum(self.labels.values()), sum(self.scores), *map(sum, self.embeddings.counts)} != {self.images}:
            raise ValueError("labels, scores and embeddings must be of all images")
        return self

    @model_validator(mode="after")
    def _parts_are_all_images(self) -> Self:
        if not self.parts:
            return self
        labels: Counter[str] = sum((Counter(part.labels) for part in self.parts), Counter())
        scores = tuple(map(sum, zip(*(part.scores for part in self.parts), strict=True)))
        if labels != self.labels or scores != self.scores:
            raise ValueError("parts must have the labels and scores of all images together")
        shape = [BINS] * PROJECTIONS
        if any([len(counts) for counts in part.embeddings] != shape for part in self.parts):
            raise ValueError(f"parts must have counts in {BINS} bins of each of {PROJECTIONS} directions")
        together = np.sum([part.embeddings for part in self.parts], axis=0)
        if together.tolist() != [list(counts) for counts in self.embeddings.counts]:
            raise ValueError("parts must have the embeddings of all images together")
        return self

    @classmethod
    def read(cls, content: bytes, of: str) -> Self:
        """The document that a bundle has.

        Args:
            content: of the file.
            of: name and version of the model, for the error.

        Raises:
            InvalidBundle: it is malformed, or of a version that is not known here.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the document"
            raise InvalidBundle(f"{REFERENCE_FILE} of {of} cannot be used: {where}: {first['msg']}") from error
