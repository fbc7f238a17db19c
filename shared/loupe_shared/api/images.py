"""Images: what is asked for, and what is given."""

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.api.filters import MAX_NAME
from loupe_shared.result import MAX_LABEL_LENGTH, ResultDocument

MAX_BATCH = 500
ETAG_SEEN = "the version of the blob that was looked at: 409 if it has another one by now"


class ImagePage(BaseModel):
    """A part of a list."""

    images: tuple[ResultDocument, ...]
    next: str | None = Field(
        description="`cursor` of the next page; none at the end. A page can be short, or empty, and have a next one"
    )


class ImageList(BaseModel):
    """Images in full."""

    images: tuple[ResultDocument, ...]


class ImageName(BaseModel):
    """Where an image lies."""

    model_config = ConfigDict(extra="forbid")

    # Only with a limit does pydantic refuse halves of characters, which cannot be written into an answer either.
    container: str = Field(max_length=MAX_NAME, examples=["images"])
    blob: str = Field(max_length=MAX_NAME, examples=["samples/coffee.png"])


class ImageNames(BaseModel):
    """Images by name."""

    model_config = ConfigDict(extra="forbid")

    images: tuple[ImageName, ...] = Field(max_length=MAX_BATCH)


class FoundImages(BaseModel):
    """Those images that there are, in the order in which they were asked for, and the names of the others."""

    images: tuple[ResultDocument, ...]
    missing: tuple[ImageName, ...]


class SimilarImage(BaseModel):
    """An image, and how much it is like what was asked about."""

    similarity: float = Field(
        description="cosine of the angle between the two embeddings: 1 if the model sees the same"
    )
    image: ResultDocument


class SimilarList(BaseModel):
    """Images that look alike to a model, the most similar first."""

    space: str = Field(description="the model whose embeddings were compared")
    images: tuple[SimilarImage, ...]


class ReviewBody(BaseModel):
    """What an image shows."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=MAX_LABEL_LENGTH, examples=["cup"])
    etag: str | None = Field(
        default=None,
        max_length=200,
        description=ETAG_SEEN,
        examples=["0x8DE29A7F1C2B3A4"],
    )
