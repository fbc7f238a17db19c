"""What became of one blob version: the result that the archive keeps, and what explains it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, computed_field, model_validator

from loupe_shared.domain import ImageRef, Model, Outcome, Probability, Reason, UtcDatetime

MAX_LABEL_LENGTH = 200

Milliseconds = Annotated[float, Field(ge=0.0)]


class Prediction(Model):
    """One label with its probability."""

    label: str
    score: Probability


def uncertainty_of(predictions: Sequence[Prediction]) -> float | None:
    """1 minus the margin between the two best probabilities (margin sampling); none without predictions.

    Args:
        predictions: best first.
    """
    if not predictions:
        return None
    second = predictions[1].score if len(predictions) > 1 else 0.0
    return 1.0 - (predictions[0].score - second)


class Precision(StrEnum):
    """The numbers that a model calculates with."""

    FP32 = "fp32"
    INT8 = "int8"


class ModelVersion(Model):
    """Which model answered, in which precision, and how its input was prepared.

    Attributes:
        space: name and version of the model whose embeddings this one gives, too; unset if they are its own.
    """

    name: str
    version: int = Field(ge=1)
    preprocessing_hash: str
    precision: Precision = Precision.FP32
    space: str | None = None

    def __str__(self) -> str:
        """As people and filters name it: ``efficientnet-lite0:1``."""
        return f"{self.name}:{self.version}"

    @property
    def embedding_space(self) -> str:
        """Embeddings of the same space can be compared."""
        return self.space or str(self)


class ImageProperties(Model):
    """What the decoder found. Width and height are as displayed, after EXIF orientation.

    Attributes:
        seen: the part of the picture that the model saw, and that its heatmap lies over: left, top, right and bottom,
            as parts of width and height. Unset in results made before it was noted.
    """

    format: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    size_bytes: int = Field(ge=0)
    seen: tuple[Probability, Probability, Probability, Probability] | None = None


class Timings(Model):
    """Where the time of one image went, in milliseconds.

    Inference is the batch's time divided by its images; queued runs from upload, or from the
    request to classify anew, to the start of the job.
    """

    queued: Milliseconds = 0.0
    fetch: Milliseconds = 0.0
    decode: Milliseconds = 0.0
    inference: Milliseconds = 0.0


class Embedding(Model):
    """What a model makes of an image before it decides. What looks alike to the model points in the same direction.

    Attributes:
        values: ``int8[embedding_size]``. What the model gave is ``values * scale``.
        scale: what one step of a value stands for.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    values: bytes = Field(min_length=1, repr=False)
    scale: float = Field(gt=0.0)


class Review(Model):
    """What a person says that an image shows.

    Attributes:
        reviewer: name of who said so.
    """

    label: str = Field(min_length=1, max_length=MAX_LABEL_LENGTH)
    reviewer: str
    reviewed_at: UtcDatetime


def majority(reviews: Sequence[Review]) -> str | None:
    """The label that more than half of them say, if there is one."""
    said = Counter(review.label for review in reviews).most_common(1)
    return next((label for label, number in said if number > len(reviews) / 2), None)


class ResultDocument(Model):
    """What became of one blob version, with everything needed to explain it, as the archive keeps and shows it.

    Attributes:
        predictions: the most probable labels, best first.
        heatmap: class-activation map of the best label, rows of 0 (no influence) to 255 (most).
        completed_at: when the outcome was known.
        from_embedding: whether the model saw the embedding that the archive had, and not the picture. Such an answer
            has no heatmap.
        stored_at: when the results service wrote it; unset until then.
        review: what people say of this version of the blob, whichever model it was answered by: see ``agreement.py``.
        reviews: what each of them said last, the oldest first. Documents of earlier versions have only ``review``.
    """

    image: ImageRef
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None
    predictions: tuple[Prediction, ...] = ()
    heatmap: tuple[tuple[int, ...], ...] | None = None
    properties: ImageProperties | None = None
    model: ModelVersion | None = None
    timings_ms: Timings = Timings()
    from_embedding: bool = False
    completed_at: UtcDatetime
    stored_at: UtcDatetime | None = None
    review: Review | None = None
    reviews: tuple[Review, ...] = ()

    @model_validator(mode="after")
    def _outcome_is_explained(self) -> Self:
        if (self.outcome is Outcome.CLASSIFIED) != bool(self.predictions):
            raise ValueError("a classified result has predictions, and no other has")
        if (self.outcome is Outcome.REJECTED) != (self.reason is not None):
            raise ValueError("a rejected result has a reason, and no other has")
        return self

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def label(self) -> str | None:
        """The most probable label, if the image was classified."""
        return self.predictions[0].label if self.predictions else None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def score(self) -> float | None:
        """The probability of ``label``."""
        return self.predictions[0].score if self.predictions else None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def uncertainty(self) -> float | None:
        """How close the second label comes: 1 minus the margin between the two best probabilities (margin sampling)."""
        return uncertainty_of(self.predictions)

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def conflict(self) -> bool:
        """Whether people disagree on what it shows, and no label has more than half of them."""
        return bool(self.reviews) and majority(self.reviews) is None

    @property
    def words(self) -> tuple[Review, ...]:
        """What each reviewer said last, also in documents of earlier versions."""
        return self.reviews or ((self.review,) if self.review else ())

    @property
    def revision(self) -> tuple[str, int]:
        """Orders all results of one image: a store shows the greatest and ignores equals.

        A newer event wins over an older one, so a delete beats a late create. For the same event a request to classify
        anew wins, whichever model answers it; for the same request a newer model, and an answer without a model (gone,
        replaced) never displaces one with.
        """
        return self.image.order, self.model.version if self.model else 0


class Result(ResultDocument):
    """A result on its way to the archive, with its embedding, which is kept apart."""

    embedding: Embedding | None = None

    def document(self) -> str:
        """A ``ResultDocument`` as JSON."""
        return self.model_dump_json(exclude={"embedding"})


def by_image(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each image, the newest first, each revision once (the first of equals), by the image's id."""
    images: dict[str, dict[tuple[str, int], Result]] = defaultdict(dict)
    for result in results:
        images[result.image.id].setdefault(result.revision, result)
    return {
        image_id: [revisions[revision] for revision in sorted(revisions, reverse=True)]
        for image_id, revisions in images.items()
    }
