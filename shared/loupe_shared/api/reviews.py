"""The queue of images to review: what is asked for, and what is given."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.api.filters import ImageChoice
from loupe_shared.api.images import MAX_BATCH, ImageName
from loupe_shared.domain import Outcome, Probability
from loupe_shared.listing import ResultFilter
from loupe_shared.result import ResultDocument

MAX_QUEUE = 50
Session = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern="^[A-Za-z0-9_-]+$",
        description="drawn at random by the client for each page or program: what one session holds no other is given, "
        "not even of the same caller",
        examples=["Vb3q0pX2f9"],
    ),
]


class ReviewQueueQuery(ImageChoice):
    """Which images to review, and for whom."""

    session: Session
    limit: int = Field(default=10, ge=1, le=MAX_QUEUE)
    passed: tuple[ImageName, ...] = Field(
        default=(), max_length=MAX_BATCH, description="images that this session does not want to be shown again"
    )

    def wanted(self) -> ResultFilter:
        """Images that wait for a review, as the store knows them."""
        fields = {name: getattr(self, name) for name in ImageChoice.model_fields}
        return ResultFilter(**fields, outcome=Outcome.CLASSIFIED, reviewed=False)


class Disagreement(BaseModel):
    """What an earlier version of the model said of the same version of a picture, if it named another label."""

    model: str = Field(description="as name:version")
    label: str
    score: Probability


class ReviewCandidate(BaseModel):
    """An image to review, and why."""

    image: ResultDocument
    usefulness: float = Field(
        description="what a review of it is worth by itself: its uncertainty, and 0.5 more after a disagreement"
    )
    disagreement: Disagreement | None


class ReviewQueue(BaseModel):
    """Images that nobody else is given for a while: first those that the session had already, then the most useful."""

    images: tuple[ReviewCandidate, ...]
    claimed_until: datetime = Field(description="until when; to ask again prolongs it")


class ReviewQueueRelease(BaseModel):
    """Images that are given back."""

    model_config = ConfigDict(extra="forbid")

    session: Session
    images: tuple[ImageName, ...] = Field(max_length=MAX_BATCH)


class ReviewQueueReleased(BaseModel):
    """What was given back."""

    released: int = Field(description="how many of the images the session held")
