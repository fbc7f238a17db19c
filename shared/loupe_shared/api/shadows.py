"""What versions that look on say: what is asked for, and what is given."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.api.images import ImageName
from loupe_shared.domain import Probability

MAX_PAIRS = 1000
MAX_DISAGREEMENTS = 200


class ShadowQuery(BaseModel):
    """How much to show."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(
        default=20, ge=0, le=MAX_DISAGREEMENTS, description="disagreements with each version that answered"
    )


class LabelPair(BaseModel):
    """A cell of the matrix of labels."""

    answered: str = Field(description="the label of the version that answered")
    shadow: str = Field(description="the label of the version that looked on")
    images: int = Field(ge=1)


class Opinion(BaseModel):
    """What a version says of an image."""

    label: str
    score: Probability


class ShadowDisagreement(BaseModel):
    """An image that the two versions give different labels."""

    image: ImageName
    etag: str = Field(description="of the version of the picture that both saw")
    answered: Opinion
    shadow: Opinion
    at: datetime = Field(description="when they were compared")
    href: str = Field(description="where the API has the image", examples=["/v1/images/images/samples/coffee.png"])
    picture: str = Field(description="where it has its bytes", examples=["/v1/content/images/samples/coffee.png"])


class VersionComparison(BaseModel):
    """A version that looked on beside one that answered."""

    serving: int = Field(description="the version that answered")
    images: int = Field(ge=1, description="of which both were asked")
    agreement: Probability = Field(description="part of them that both give the same label")
    matrix: tuple[LabelPair, ...] = Field(
        description=f"how many images have which labels, the most frequent first; {MAX_PAIRS:,} at most"
    )
    disagreements: tuple[ShadowDisagreement, ...] = Field(
        description="those first of which the less sure of the two versions is the surest"
    )


class ShadowReport(BaseModel):
    """What a version said while it looked on."""

    name: str
    version: int
    comparisons: tuple[VersionComparison, ...] = Field(
        description="with each version that answered meanwhile, the newest first; none if it never looked on"
    )
