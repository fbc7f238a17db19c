"""Drift: what can be asked, and what is told."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, Field, NonNegativeInt, model_validator

from loupe_shared.api.filters import MAX_NAME
from loupe_shared.api.statistics import DaysQuery
from loupe_shared.domain import Probability

DAYS = 7
MAX_DRIFT_DAYS = 92

# How often there is an alarm although nothing has changed, at most, each time that somebody looks.
FALSE_ALARM_RATE = 0.01
# Half of it, because p-values of what comes in bursts are approximate, and can be too small by about that.
MAX_P_VALUE = FALSE_ALARM_RATE / 2
# What differs less is no drift, however sure it is: by custom, 0.1 is a small difference, and 0.25 a large one.
MIN_PSI = 0.1


class DriftQuery(DaysQuery):
    """What to compare with what."""

    model: str | None = Field(
        default=None,
        max_length=MAX_NAME,
        description="by default the one that answered for most images",
        examples=["efficientnet-lite0:1"],
    )
    since: date | None = Field(default=None, description=f"{DAYS} days before `until` by default")
    until: date | None = Field(
        default=None, description=f"exclusive; by default {DAYS} days after `since`, or tomorrow"
    )
    baseline_since: date | None = Field(
        default=None, description="compare with these days of the archive, and not with the training"
    )
    baseline_until: date | None = Field(default=None, description="exclusive")

    @model_validator(mode="after")
    def _is_a_baseline(self) -> Self:
        since, until = self.baseline_since, self.baseline_until
        if (since is None) is not (until is None):
            raise ValueError("baseline_since and baseline_until must be given together")
        if since and until and not timedelta(0) < until - since <= timedelta(days=MAX_DRIFT_DAYS):
            raise ValueError(f"baseline_since must lie before baseline_until, by {MAX_DRIFT_DAYS} days at most")
        return self

    @staticmethod
    def max_days() -> int:
        """See ``DaysQuery``."""
        return MAX_DRIFT_DAYS


class Aspect(StrEnum):
    """What is compared of images."""

    LABELS = "labels"
    SCORES = "scores"
    EMBEDDINGS = "embeddings"


class Verdict(StrEnum):
    """What follows from figures."""

    DRIFT = "drift"
    STEADY = "steady"
    UNKNOWN = "unknown"


class Share(BaseModel):
    """How many of the images are of a kind."""

    name: str = Field(description="a label, or where scores begin")
    reference: Probability = Field(description="part of the images that are compared with")
    window: Probability = Field(description="part of the images of these days")


class DriftFigure(BaseModel):
    """One aspect of the images, compared."""

    aspect: Aspect
    verdict: Verdict
    psi: float | None = Field(
        default=None, description=f"population stability index; below {MIN_PSI} it is no drift, however sure it is"
    )
    p_value: Probability | None = Field(
        default=None,
        description="how likely as great a difference is without drift, with regard to all that is compared here",
    )
    images: NonNegativeInt = Field(description="of these days that were compared")
    reference_images: NonNegativeInt = Field(description="that they were compared with")
    shares: tuple[Share, ...] = Field(
        description="all scores, or the labels whose shares have changed most; none of embeddings"
    )
    note: str | None = Field(default=None, description="why the verdict is unknown, and what to do")


class DriftReport(BaseModel):
    """Whether the images of some days are still such as a model was trained for, or as those of other days."""

    model: str | None = Field(description="none if none was named and none has answered in these days")
    since: date
    until: date = Field(description="exclusive")
    reference: Literal["training", "archive"] | None = Field(
        description="what was compared with: the validation split of the training, or days of the archive"
    )
    baseline_since: date | None = None
    baseline_until: date | None = Field(default=None, description="exclusive")
    verdict: Verdict = Field(description="drift if any figure says so, steady if any says that, otherwise unknown")
    false_alarm_rate: Probability = Field(
        default=FALSE_ALARM_RATE, description="how often the verdict is drift although there is none, at most"
    )
    figures: tuple[DriftFigure, ...]
    note: str | None = Field(default=None, description="why there are no figures, and what to do")
