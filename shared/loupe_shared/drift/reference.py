"""What a model said of pictures like those that it was trained on: ``reference.json`` in its bundle."""

from typing import Literal, Self

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


class Reference(Model):
    """What a model said of the validation split of its training.

    Not of the training split: a network is too sure of what it has learnt, and its embeddings are further apart.

    Attributes:
        images: how many these were.
        labels: how many of them were given each label, without labels that none was given.
        scores: how many of them have a score in each of ``SCORE_BINS`` equal bins.
        embeddings: of them.
    """

    schema_version: Literal[1] = 1
    images: PositiveInt
    labels: dict[str, PositiveInt]
    scores: tuple[NonNegativeInt, ...] = Field(min_length=SCORE_BINS, max_length=SCORE_BINS)
    embeddings: EmbeddingBins

    @model_validator(mode="after")
    def _counts_all_images(self) -> Self:
        if {sum(self.labels.values()), sum(self.scores), *map(sum, self.embeddings.counts)} != {self.images}:
            raise ValueError("labels, scores and embeddings must be of all images")
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
