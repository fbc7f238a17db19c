"""The nouns of Loupe: a blob version, and what became of it.

Every model here is immutable. Times are UTC, scores are probabilities in [0, 1], durations are milliseconds.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    computed_field,
    model_validator,
)

SEQUENCER_WIDTH = 64

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Milliseconds = Annotated[float, Field(ge=0.0)]


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("has no equivalent in UTC") from error


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


class Model(BaseModel):
    """Base of all values that cross a boundary. Unknown fields are ignored so that versions can be rolled."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    def to_json(self) -> str:
        """As a JSON document, in which is neither what is not set nor what follows from the rest."""
        return self.model_dump_json(exclude_none=True, exclude_computed_fields=True)


class Outcome(StrEnum):
    """What became of a blob version. Every version ends in exactly one of these."""

    CLASSIFIED = "classified"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    DELETED = "deleted"


class Reason(StrEnum):
    """Why an image was rejected."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_PIXELS = "unsupported_pixels"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    DECODE_TIMEOUT = "decode_timeout"
    UNREADABLE = "unreadable"


def image_id(account: str, container: str, blob: str) -> str:
    """The id of the image at an address: 32 hexadecimal characters, the same in every process and for ever.

    Account and container names cannot contain a slash, so the joined address is unambiguous.
    """
    address = f"{account}/{container}/{blob}".encode()
    return hashlib.blake2b(address, digest_size=16).hexdigest()


class ImageRef(Model):
    """One version of one blob, as an event announced it.

    Attributes:
        etag: without quotes.
        sequencer: Event Grid's opaque order of events on the same blob, as received.
        uploaded_at: when the storage service committed the version.
        content_length: bytes, if the event said so.
    """

    account: str = Field(min_length=1)
    container: str = Field(min_length=1)
    blob: str = Field(min_length=1)
    etag: str = Field(max_length=200, pattern=r"^[\x20-\x7e]*$")
    sequencer: str = Field(min_length=1, max_length=SEQUENCER_WIDTH, pattern=r"^[0-9A-Za-z-]+$")
    uploaded_at: UtcDatetime
    content_length: int | None = Field(default=None, ge=0)

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @cached_property
    def id(self) -> str:
        """The id of the image (not of the version), see ``image_id``."""
        return image_id(self.account, self.container, self.blob)

    @property
    def order(self) -> str:
        """The sequencer, padded so that plain string comparison orders two events on the same blob.

        Event Grid documents string comparison, but its examples differ in length.
        """
        return self.sequencer.rjust(SEQUENCER_WIDTH, "0")


class Prediction(Model):
    """One label with its probability."""

    label: str
    score: Probability


class Precision(StrEnum):
    """The numbers that a model calculates with."""

    FP32 = "fp32"
    INT8 = "int8"


class ModelVersion(Model):
    """Which model answered, in which precision, and how its input was prepared."""

    name: str
    version: int = Field(ge=1)
    preprocessing_hash: str
    precision: Precision = Precision.FP32


class ImageProperties(Model):
    """What the decoder found. Width and height are as displayed, after EXIF orientation."""

    format: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    size_bytes: int = Field(ge=0)


class Timings(Model):
    """Where the time of one image went, in milliseconds.

    Inference is the batch's time divided by its images; queued runs from upload to the start of the job.
    """

    queued: Milliseconds = 0.0
    fetch: Milliseconds = 0.0
    decode: Milliseconds = 0.0
    inference: Milliseconds = 0.0


class Result(Model):
    """What became of one blob version, with everything needed to explain it.

    Attributes:
        predictions: the most probable labels, best first.
        heatmap: class-activation map of the best label, rows of 0 (no influence) to 255 (most).
        completed_at: when the outcome was known.
        stored_at: when the results service wrote it; unset until then.
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
    completed_at: UtcDatetime
    stored_at: UtcDatetime | None = None

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

    @property
    def revision(self) -> tuple[str, int]:
        """Orders all results of one image: a store keeps the greatest and ignores equals.

        A newer event wins over an older one, so a delete beats a late create; for the same event a newer
        model wins, and an answer without a model (gone, replaced) never displaces one with.
        """
        return self.image.order, self.model.version if self.model else 0


def newest_of_each(results: Iterable[Result]) -> dict[str, Result]:
    """The result of the greatest revision of each image, the first of equals, by the image's id."""
    newest: dict[str, Result] = {}
    for result in results:
        known = newest.get(result.image.id)
        if known is None or result.revision > known.revision:
            newest[result.image.id] = result
    return newest


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)
