"""What travels through the broker: JSON documents with a version, validated on both sides."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from loupe_shared.domain import ImageRef, Model, Result


class _Message(Model):
    version: Literal[1] = 1

    def to_wire(self) -> dict[str, Any]:
        """The document: what is not said has its default, but the version is always said."""
        return {"version": self.version, **self.model_dump(mode="json", exclude_defaults=True)}


class ClassifyJob(_Message):
    """Images to classify together. Carries references, never bytes."""

    queue: ClassVar[str] = "classify"

    images: tuple[ImageRef, ...] = Field(min_length=1)

    def split(self) -> list[Self]:
        """A message for each image."""
        return [self.model_copy(update={"images": (image,)}) for image in self.images]


class StoreBatch(_Message):
    """Results to write."""

    queue: ClassVar[str] = "store"

    results: tuple[Result, ...] = Field(min_length=1)

    def split(self) -> list[Self]:
        """A message for each result."""
        return [self.model_copy(update={"results": (result,)}) for result in self.results]


Message = ClassifyJob | StoreBatch
