"""Which images lists, exports and the live stream show."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loupe_shared.domain import Outcome, Probability, Reason, UtcDatetime
from loupe_shared.listing import Order, ResultFilter, Sort

MAX_NAME = 1024
MAX_PAGE = 1000
MAX_CURSOR = 300


class ImageChoice(BaseModel):
    """Which images: by place, label and model. Unset parameters match everything."""

    model_config = ConfigDict(extra="forbid")

    container: str | None = Field(default=None, max_length=MAX_NAME, examples=["images"])
    prefix: str | None = Field(
        default=None, max_length=MAX_NAME, description="what the blob's name begins with", examples=["line 3/"]
    )
    label: str | None = Field(default=None, max_length=MAX_NAME, examples=["espresso"])
    model: str | None = Field(default=None, max_length=MAX_NAME, examples=["efficientnet-lite0:1"])


class PictureFilter(ImageChoice):
    """Which images to show, without regard to time. Unset parameters match everything."""

    min_score: Probability | None = Field(default=None, description="probability of the label")
    max_score: Probability | None = None
    min_uncertainty: Probability | None = Field(
        default=None, description="1 minus the margin between the two best probabilities"
    )
    max_uncertainty: Probability | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    reviewed: bool | None = Field(default=None, description="whether a person has said what it shows")
    conflict: bool | None = Field(
        default=None, description="whether people disagree on what it shows, and no label has more than half of them"
    )

    def wanted(self, since: datetime | None = None, until: datetime | None = None) -> ResultFilter:
        """As the store knows it."""
        fields = {name: getattr(self, name) for name in PictureFilter.model_fields}
        return ResultFilter(**fields, since=since, until=until)


class ImageFilter(PictureFilter):
    """Which images to show."""

    since: UtcDatetime | None = Field(default=None, description="completed at this time or later")
    until: UtcDatetime | None = Field(default=None, description="completed before this time")


class ListQuery(ImageFilter):
    """The parameters of a list."""

    sort: Sort = Field(default=Sort.TIME, description="only classified images have a score and an uncertainty")
    order: Literal["descending", "ascending"] = "descending"
    limit: int = Field(default=100, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, max_length=MAX_CURSOR, description="`next` of the page before")

    def in_order(self) -> Order:
        """As the store knows it."""
        return Order(self.sort, self.order == "ascending")


class ExportQuery(ImageFilter):
    """The parameters of an export."""

    format: Literal["csv", "jsonl", "parquet"] = Field(
        default="csv", description="jsonl has the whole results, a line each; the others have columns"
    )
    embeddings: bool = Field(
        default=False,
        description="of parquet: whether there are columns, too, of the embedding of each image (one int8 for each "
        "value), of its scale, and of whether reviewers disagree",
    )

    @model_validator(mode="after")
    def _embeddings_have_columns(self) -> Self:
        if self.embeddings and self.format != "parquet":
            raise ValueError("embeddings are exported as parquet alone: say format=parquet")
        return self
