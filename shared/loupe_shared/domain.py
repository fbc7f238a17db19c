"""The nouns of Loupe: a blob version, and the ways in which it can end.

Every model here is immutable. Times are UTC, scores are probabilities in [0, 1], durations are milliseconds.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    computed_field,
)

SEQUENCER_WIDTH = 64
REQUEST_WIDTH = 16

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


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
        requested_at: when somebody asked that it be classified anew; unset if the event is why. If a sweep found this
            version because its event was lost, a time that is later than all that was known of the blob.
    """

    account: str = Field(min_length=1)
    container: str = Field(min_length=1)
    blob: str = Field(min_length=1)
    etag: str = Field(max_length=200, pattern=r"^[\x20-\x7e]*$")
    sequencer: str = Field(min_length=1, max_length=SEQUENCER_WIDTH, pattern=r"^[0-9A-Za-z-]+$")
    uploaded_at: UtcDatetime
    content_length: int | None = Field(default=None, ge=0)
    requested_at: UtcDatetime | None = None

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @cached_property
    def id(self) -> str:
        """The id of the image (not of the version), see ``image_id``."""
        return image_id(self.account, self.container, self.blob)

    @property
    def order(self) -> str:
        """Plain string comparison orders what is to be done about the same blob: by event, then by request.

        Sequencers are padded: Event Grid documents string comparison, but its examples differ in length.
        """
        requested = microseconds(self.requested_at) if self.requested_at else 0
        return f"{self.sequencer.rjust(SEQUENCER_WIDTH, '0')}{requested:0{REQUEST_WIDTH}d}"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 in UTC: a time as a number, until 2255 one that every reader of JSON takes exactly."""
    return (moment - _EPOCH) // _MICROSECOND
