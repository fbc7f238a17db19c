"""Links to pictures: what is asked for, and what is given."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from loupe_shared.api.filters import MAX_NAME
from loupe_shared.api.images import ImageName

MAX_IMAGES = 200
MAX_UPLOADS = 500

# Azure's limits on names.
MAX_SEGMENTS = 254

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Whoever follows a link resolves such segments first, and then asks for another blob than the one that was signed.
_DOTS = re.compile(r"(^|[/\\])\.{1,2}([/\\]|$)")


def has_control_characters(text: str) -> bool:
    """Whether it has what no name of a blob has."""
    return _CONTROL.search(text) is not None


def can_be_linked(name: str) -> bool:
    """Whether there can be a blob of this name, and a link can lead to it."""
    return 0 < len(name) <= MAX_NAME and not has_control_characters(name) and not _DOTS.search(name)


def _for_a_new_blob(name: str) -> str:
    if has_control_characters(name):
        raise ValueError("the name has control characters")
    if name.endswith((".", "/")):
        raise ValueError("the name ends in '.' or '/'")
    if not can_be_linked(name):
        raise ValueError("the name has a segment '.' or '..'")
    if name.count("/") >= MAX_SEGMENTS:
        raise ValueError(f"the name has more than {MAX_SEGMENTS} segments")
    return name


NewBlobName = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_for_a_new_blob)]


class LinksWanted(BaseModel):
    """The pictures of a page."""

    model_config = ConfigDict(extra="forbid")

    images: list[ImageName] = Field(min_length=1, max_length=MAX_IMAGES)


class PictureLinks(BaseModel):
    """What there is of one picture."""

    container: str
    blob: str
    content: str | None = Field(default=None, description="link to its bytes; none if there is no such picture")
    thumbnail: str | None = Field(default=None, description="link to its thumbnail, a JPEG; none if there is a problem")
    problem: str | None = Field(default=None, description="why there is no thumbnail")


class LinksGiven(BaseModel):
    """Links to pictures, in the order in which they were asked for."""

    expires_at: datetime | None = Field(description="until when all of these links are valid; none without links")
    images: list[PictureLinks]


class UploadsWanted(BaseModel):
    """Names of blobs that are to be uploaded."""

    model_config = ConfigDict(extra="forbid")

    blobs: list[NewBlobName] = Field(min_length=1, max_length=MAX_UPLOADS, examples=[["line 3/a.jpg", "line 3/b.jpg"]])


class Upload(BaseModel):
    """Where to put one blob."""

    blob: str
    url: str


class UploadsGiven(BaseModel):
    """Links for uploading, in the order in which they were asked for."""

    container: str
    expires_at: datetime = Field(description="until when all of these links are valid")
    headers: dict[str, str] = Field(description="headers that every upload must have")
    uploads: list[Upload]
