"""What travels through the broker: JSON documents with a version, validated on both sides."""

from typing import ClassVar, Literal

from pydantic import Field

from loupe_shared.domain import ImageRef, Model, Result


class ClassifyJob(Model):
    """Images to classify together. Carries references, never bytes."""

    queue: ClassVar[str] = "classify"

    version: Literal[1] = 1
    images: tuple[ImageRef, ...] = Field(min_length=1)


class StoreBatch(Model):
    """Results to write."""

    queue: ClassVar[str] = "store"

    version: Literal[1] = 1
    results: tuple[Result, ...] = Field(min_length=1)


Message = ClassifyJob | StoreBatch
