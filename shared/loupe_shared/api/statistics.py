"""What statistics look like, and what can be asked."""

from datetime import date, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loupe_shared.api.filters import MAX_NAME
from loupe_shared.counters import SCORE_BINS
from loupe_shared.domain import Outcome, Reason, now

MAX_DAYS = 366
MAX_THROUGHPUT_DAYS = 7


class Counts(BaseModel):
    """How many images there are."""

    outcomes: dict[Outcome, int] = Field(description="by outcome")
    labels: dict[str, int] = Field(description="classified images by most probable label")
    reasons: dict[Reason, int] = Field(description="rejected images by reason")
    reviews: dict[str, int] = Field(
        description="reviewed images by whether the review confirmed or corrected the label"
    )
    models: dict[str, int] = Field(description="images by the model that answered, as name:version")
    containers: dict[str, int] = Field(description="images by container")


class DayCounts(BaseModel):
    """How many images were completed on a day."""

    day: date
    outcomes: dict[Outcome, int]
    labels: dict[str, int] = Field(description="the most frequent labels of the whole time")
    reasons: dict[Reason, int]


class Statistics(BaseModel):
    """The course of some days, in UTC."""

    since: date
    until: date = Field(description="exclusive")
    days: tuple[DayCounts, ...] = Field(description="without those on which nothing was completed")
    labels: dict[str, int] = Field(description="the most frequent labels, over all these days")
    scores: tuple[int, ...] = Field(description=f"histogram of {SCORE_BINS} equal bins from 0 to 1")


class Slot(BaseModel):
    """How many images were completed within some minutes."""

    at: datetime = Field(description="when these minutes began")
    images: int


class Throughput(BaseModel):
    """Images completed over time."""

    minutes: int = Field(description="length of a slot")
    slots: tuple[Slot, ...] = Field(description="without those in which nothing was completed")


class CountQuery(BaseModel):
    """Which images to count. Unset parameters match everything."""

    model_config = ConfigDict(extra="forbid")

    container: str | None = Field(default=None, max_length=MAX_NAME, examples=["images"])
    model: str | None = Field(default=None, max_length=MAX_NAME, examples=["efficientnet-lite0:1"])


class DaysQuery(CountQuery):
    """Which days to look at, in UTC."""

    since: date | None = Field(default=None, description="30 days before `until` by default, or 2 of the throughput")
    until: date | None = Field(default=None, description="exclusive; by default as long after `since`, or tomorrow")

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.since and self.until and not timedelta(0) < self.until - self.since <= timedelta(days=self.max_days()):
            raise ValueError(f"since must lie before until, by {self.max_days()} days at most")
        return self

    @staticmethod
    def max_days() -> int:
        """How many days can be asked for."""
        return MAX_DAYS

    def days(self, default: int) -> tuple[date, date]:
        """Since and until."""
        length = timedelta(days=default)
        if self.until is None and self.since is None:
            until = now().date() + timedelta(days=1)
            return until - length, until
        until = self.until or min(self.since or date.max, date.max - length) + length
        return self.since or max(until, date.min + length) - length, until


class StatisticsQuery(DaysQuery):
    """The parameters of statistics."""

    top: int = Field(default=20, ge=1, le=100, description="how many labels to show")


class ThroughputQuery(DaysQuery):
    """The parameters of the throughput."""

    @staticmethod
    def max_days() -> int:
        """See ``DaysQuery``."""
        return MAX_THROUGHPUT_DAYS
