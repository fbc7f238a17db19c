"""What operators ask for: dead letters, and images to be classified anew."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.api.filters import MAX_CURSOR, ImageFilter
from loupe_shared.api.images import MAX_BATCH, ImageName

MAX_REASON = 200

LetterId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=["5f0c1b7a9e3d4c2f8a6b7d1e0f9c3a52"])]


class Source(StrEnum):
    """Where a dead letter comes from."""

    CLASSIFY = "classify"
    BACKFILL = "backfill"
    STORE = "store"
    EVENTS = "events"


class LetterFilter(BaseModel):
    """Which dead letters. Unset parameters match everything."""

    model_config = ConfigDict(extra="forbid")

    source: Source | None = Field(
        default=None, description="classify, backfill and store are the broker's queues, events is the storage queue"
    )
    reason: str | None = Field(
        default=None, max_length=MAX_REASON, description="a part of the reason, in upper or lower case"
    )


class LetterQuery(LetterFilter):
    """The parameters of a list of dead letters."""

    limit: int = Field(default=100, ge=1, le=MAX_BATCH)
    cursor: str | None = Field(
        default=None, pattern="^[0-9]{1,16}-[0-9a-f]{32}$", description="`next` of the page before"
    )


class LettersById(BaseModel):
    """Dead letters by their ids."""

    model_config = ConfigDict(extra="forbid")

    ids: tuple[LetterId, ...] = Field(min_length=1, max_length=MAX_BATCH)


class LettersByFilter(BaseModel):
    """All dead letters that match."""

    model_config = ConfigDict(extra="forbid")

    filter: LetterFilter = Field(examples=[{"source": "store", "reason": "disk is full"}])


class DeadLetter(BaseModel):
    """A message that can never be handled and was set aside."""

    id: LetterId
    source: Source
    reason: str
    at: datetime | None = Field(description="when it was set aside; unset if that was not noted")
    images: tuple[ImageName, ...] = Field(description="images that it names, as far as it can be read; the first few")


class DeadLetterInFull(DeadLetter):
    """A dead letter with what it says."""

    message: str = Field(description="as it was found, but for what looks like a secret")
    obstacle: str | None = Field(description="why it cannot be replayed; unset if it can")


class DeadLetterPage(BaseModel):
    """A part of a list of dead letters."""

    letters: tuple[DeadLetter, ...]
    next: str | None = Field(description="`cursor` of the next page; none at the end")


class RefusedLetter(BaseModel):
    """A dead letter that was left where it is, and why."""

    id: LetterId
    detail: str


class LettersReplayed(BaseModel):
    """What became of dead letters that were to be handled again."""

    replayed: int = Field(description="how many are in their queues again")
    refused: int = Field(description="how many were left where they are, because they cannot be replayed")
    refusals: tuple[RefusedLetter, ...] = Field(description="the first of those")
    missing: int = Field(description="how many of the ids there are not, or not any more")
    more: bool = Field(description="whether more match: ask again")


class LettersDismissed(BaseModel):
    """What became of dead letters that were to be removed."""

    dismissed: int = Field(description="how many are gone for good")
    missing: int = Field(description="how many of the ids there are not, or not any more")
    more: bool = Field(description="whether more match: ask again")


class ImagesByName(BaseModel):
    """Images to classify anew."""

    model_config = ConfigDict(extra="forbid")

    images: tuple[ImageName, ...] = Field(min_length=1, max_length=MAX_BATCH)


class ImagesByFilter(BaseModel):
    """All images that match, to classify anew."""

    model_config = ConfigDict(extra="forbid")

    filter: ImageFilter = Field(examples=[{"outcome": "rejected", "reason": "decode_timeout"}])
    cursor: str | None = Field(default=None, max_length=MAX_CURSOR, description="`next` of the answer before")


class Reclassified(BaseModel):
    """Which images will be classified anew."""

    asked: int = Field(description="how many there are jobs for now")
    deleted: int = Field(description="how many were left out because their blob was deleted")
    missing: tuple[ImageName, ...] = Field(description="images that the archive has not (yet)")
    next: str | None = Field(default=None, description="`cursor` to go on with the rest; none if that was all")
