"""The filters that lists, exports and the live stream have in common."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.domain import Outcome, Probability, Reason, UtcDatetime
from loupe_shared.listing import ResultFilter

MAX_NAME = 1024


class PictureFilter(BaseModel):
    """Which images to show, without regard to time. Unset parameters match everything."""

    model_config = ConfigDict(extra="forbid")

    container: str | None = Field(default=None, max_length=MAX_NAME, examples=["images"])
    prefix: str | None = Field(
        default=None, max_length=MAX_NAME, description="what the blob's name begins with", examples=["line 3/"]
    )
    label: str | None = Field(default=None, max_length=MAX_NAME, examples=["espresso"])
    min_score: Probability | None = Field(default=None, description="probability of the label")
    max_score: Probability | None = None
    min_uncertainty: Probability | None = Field(
        default=None, description="1 minus the margin between the two best probabilities"
    )
    max_uncertainty: Probability | None = None
    model: str | None = Field(default=None, max_length=MAX_NAME, examples=["efficientnet-lite0:1"])
    outcome: Outcome | None = None
    reason: Reason | None = None
    reviewed: bool | None = Field(default=None, description="whether a person has said what it shows")

    def wanted(self, since: datetime | None = None, until: datetime | None = None) -> ResultFilter:
        """As the store knows it."""
        fields = {name: getattr(self, name) for name in PictureFilter.model_fields}
        return ResultFilter(**fields, since=since, until=until)


class ImageFilter(PictureFilter):
    """Which images to show."""

    since: UtcDatetime | None = Field(default=None, description="completed at this time or later")
    until: UtcDatetime | None = Field(default=None, description="completed before this time")
