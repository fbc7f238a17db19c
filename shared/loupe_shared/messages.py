"""What travels through the broker: JSON documents with a version, validated on both sides.

They travel as text (``to_json``), so that each is but one string to the broker's own reading and writing of JSON.
Each type has a task in the workers of a queue.
"""

import re
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator

from loupe_shared.domain import ImageRef, Model
from loupe_shared.result import Embedding, ImageProperties, Result
from loupe_shared.shadow import Comparison

_TRACEPARENT = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class _Message(Model):
    version: Literal[1] = 1
    traceparent: str | None = None  # of the span that published it, if there is one

    @field_validator("traceparent", mode="before")
    @classmethod
    def _is_traceparent(cls, value: object) -> object:
        """What is wrong with it is no reason not to handle the message."""
        return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None

    @classmethod
    def from_json(cls, document: object) -> Self:
        """The message in a document.

        Raises:
            ValidationError: it is not one of this type and version.
        """
        return cls.model_validate_json(document)  # type: ignore[arg-type]  # what is not text is found to be wrong


class StoredEmbedding(Model):
    """What the archive has of an image, which is enough for a model of the same space to answer.

    Attributes:
        image_id: of which image.
        space: see ``ModelVersion``. It was made in fp32.
        properties: of the picture that it was made of.
    """

    image_id: str
    space: str
    embedding: Embedding
    properties: ImageProperties


class ClassifyJob(_Message):
    """Images to classify together. Carries references, never bytes.

    Attributes:
        embeddings: of some of the images, which may be answered by these.
    """

    queue: ClassVar[str] = "classify"
    task: ClassVar[str] = "classify"

    images: tuple[ImageRef, ...] = Field(min_length=1)
    embeddings: tuple[StoredEmbedding, ...] = ()

    @property
    def size(self) -> int:
        """How many images it is about."""
        return len(self.images)

    def split(self) -> list[Self]:
        """A message for each image."""
        return [self.of((image,)) for image in self.images]

    def of(self, images: tuple[ImageRef, ...]) -> Self:
        """A message for some of the images."""
        ids = {image.id for image in images}
        return self.model_copy(
            update={"images": images, "embeddings": tuple(one for one in self.embeddings if one.image_id in ids)}
        )


class BackfillJob(ClassifyJob):
    """Images of a batch job. Workers of their own take these, so that new images never wait behind them."""

    queue: ClassVar[str] = "backfill"
    task: ClassVar[str] = "backfill"


class StoreBatch(_Message):
    """Results to write."""

    queue: ClassVar[str] = "store"
    task: ClassVar[str] = "store"

    results: tuple[Result, ...] = Field(min_length=1)

    @property
    def size(self) -> int:
        """How many images it is about."""
        return len(self.results)

    def split(self) -> list[Self]:
        """A message for each result."""
        return [self.model_copy(update={"results": (result,)}) for result in self.results]


class ShadowBatch(_Message):
    """What shadow versions say. It travels in the queue of the results, whose workers have a task of its own for it."""

    queue: ClassVar[str] = StoreBatch.queue
    task: ClassVar[str] = "shadow"

    comparisons: tuple[Comparison, ...] = Field(min_length=1)

    @property
    def size(self) -> int:
        """How many comparisons it has."""
        return len(self.comparisons)

    def split(self) -> list[Self]:
        """A message for each comparison."""
        return [self.model_copy(update={"comparisons": (one,)}) for one in self.comparisons]


Message = ClassifyJob | StoreBatch | ShadowBatch

# In which images wait for a worker.
JOB_QUEUES = (ClassifyJob.queue, BackfillJob.queue)
