"""Which images are shown, and which are counted. What is not set, or None, matches everything."""

from datetime import date, datetime
from typing import Literal, TypedDict

from loupe_shared.api.operate import Source
from loupe_shared.domain import Outcome, Reason
from loupe_shared.listing import Sort


class Choice(TypedDict, total=False):
    """Which images: by place, label and model.

    Attributes:
        prefix: what the blob's name begins with.
        model: as ``name:version``.
    """

    container: str | None
    prefix: str | None
    label: str | None
    model: str | None


class Filter(Choice, total=False):
    """Which images, without regard to time.

    Attributes:
        min_score: of the probability of the label.
        min_uncertainty: of 1 minus the margin between the two best probabilities.
        reviewed: whether a person has said what it shows.
        conflict: whether people disagree on it.
    """

    min_score: float | None
    max_score: float | None
    min_uncertainty: float | None
    max_uncertainty: float | None
    outcome: Outcome | str | None
    reason: Reason | str | None
    reviewed: bool | None
    conflict: bool | None


class TimedFilter(Filter, total=False):
    """Which images.

    Attributes:
        since: completed at this time, which has a time zone, or later.
        until: completed before this time.
    """

    since: datetime | None
    until: datetime | None


class SortedFilter(TimedFilter, total=False):
    """Which images, and in which order. Only classified ones have a score and an uncertainty."""

    sort: Sort | Literal["time", "score", "uncertainty"] | None
    order: Literal["descending", "ascending"] | None


class LetterFilter(TypedDict, total=False):
    """Which dead letters.

    Attributes:
        reason: a part of the reason, in upper or lower case.
    """

    source: Source | Literal["classify", "backfill", "store", "events"] | None
    reason: str | None


class CountFilter(TypedDict, total=False):
    """Which images to count.

    Attributes:
        model: as ``name:version``.
    """

    container: str | None
    model: str | None


class DaysFilter(CountFilter, total=False):
    """Which images to count, on which days in UTC.

    Attributes:
        until: exclusive.
    """

    since: date | None
    until: date | None


class DriftFilter(DaysFilter, total=False):
    """Which images to compare, and with which.

    Attributes:
        baseline_since: the first of the days of the archive that are compared with; the training if unset.
        baseline_until: exclusive.
    """

    baseline_since: date | None
    baseline_until: date | None
