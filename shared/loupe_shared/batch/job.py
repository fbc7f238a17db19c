"""A batch job: what is to be classified, how far it has come, and what came of it.

Its input is cut into *chunks*, of which a few are there at a time: a chunk's images are counted when all of them have
their outcome, in the same transaction that ends the chunk. Until then the archive is what knows. So whatever is killed,
counts are exact and nothing is asked for twice.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field

from loupe_shared.api.filters import ImageFilter
from loupe_shared.domain import Model, UtcDatetime, microseconds

CHUNK = 1000
ANY_NUMBER = -1


class State(StrEnum):
    """Where a job stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


ACTIVE = (State.QUEUED, State.RUNNING, State.PAUSED)
FINAL = (State.COMPLETED, State.FAILED, State.CANCELED)


class ByPrefix(Model):
    """The blobs of the container whose names begin so, and match a pattern if there is one."""

    kind: Literal["prefix"] = "prefix"
    prefix: str = ""
    glob: str | None = None


class ByNames(Model):
    """Blobs that were named one by one, or those that failed in another job.

    Attributes:
        retries: the id of that job.
        digest: of the names in whatever order, so that who names the same ones again is told.
    """

    kind: Literal["names"] = "names"
    count: int
    retries: str | None = None
    digest: str | None = None


class ByFilter(Model):
    """The images that the archive showed for a filter when the job was submitted."""

    kind: Literal["filter"] = "filter"
    filter: ImageFilter


Input = Annotated[ByPrefix | ByNames | ByFilter, Field(discriminator="kind")]


class Output(Model):
    """A file with the answers."""

    name: str
    format: Literal["csv", "jsonl", "parquet"]


class Counts(Model):
    """How many images have come to which end.

    Attributes:
        classified: have an answer that was asked for by this job, or later.
        skipped: had one already.
        failed: have none, or were rejected; see ``Failure``.
        gone: were deleted or replaced before their turn came.
    """

    classified: int = 0
    skipped: int = 0
    failed: int = 0
    gone: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})

    @property
    def total(self) -> int:
        """Of all."""
        return self.classified + self.skipped + self.failed + self.gone


class End(StrEnum):
    """To which end an image has come, named as in ``Counts``."""

    CLASSIFIED = "classified"
    SKIPPED = "skipped"
    FAILED = "failed"
    GONE = "gone"


class Failure(Model):
    """An image without an answer, and why.

    Attributes:
        reason: that of a rejected image; ``missing``, if there is no such blob; ``no_outcome``, if its jobs were set
            aside or lost as often as the job may try; ``other_model``, if another model answered than was asked.
    """

    blob: str
    reason: str
    detail: str


class Lease(Model):
    """Who works on a job, and until when nobody else does."""

    runner: str
    until: UtcDatetime


class BatchJob(Model):
    """A batch job.

    Attributes:
        id: sorts by the time of submission.
        revision: counts the changes, so that who changes a job knows that it was as it seemed.
        input: of the container of the images.
        model: ``name:version`` that is to answer.
        mini_batch_size: images in one message to a worker.
        error_threshold: failures after which the job fails; ``ANY_NUMBER`` for never.
        max_retries: how often an image is published again that vanished without an outcome.
        again: whether images are classified that this model has answered already.
        from_embeddings: whether an embedding that the archive has will do in place of a picture.
        submitted_at: also the time at which all its images were asked for (``ImageRef.requested_at``).
        reason: why it failed.
        settled: counts of the chunks that have ended.
        open: counts of those that are worked on, as of the runner's last report.
        planned: images in all chunks so far.
        total: images of the whole input; unset until it is counted.
        chunks: how many were made so far.
        place: where the next chunk begins, in words of the input's; empty at its beginning.
        is_planned: whether the whole input is in chunks.
        images_per_minute: those that came to an end within the last minute.
    """

    id: str
    revision: int = 0
    input: Input
    model: str
    mini_batch_size: int
    error_threshold: int
    max_retries: int
    again: bool
    from_embeddings: bool = False
    output: Output | None = None
    submitted_by: str
    submitted_at: UtcDatetime
    started_at: UtcDatetime | None = None
    ended_at: UtcDatetime | None = None
    state: State = State.QUEUED
    reason: str | None = None
    lease: Lease | None = None
    settled: Counts = Counts()
    open: Counts = Counts()
    planned: int = 0
    total: int | None = None
    chunks: int = 0
    place: str = ""
    is_planned: bool = False
    images_per_minute: int = 0

    @property
    def counts(self) -> Counts:
        """Of all images so far."""
        return self.settled + self.open


class Chunk(Model):
    """A part of a job's input.

    Attributes:
        number: from 0.
        images: the blobs.
    """

    number: int
    images: tuple["Named", ...]


class Named(Model):
    """A blob of a chunk, with what a listing said of it if it came from one.

    Attributes:
        etag: without quotes.
        last_modified: as HTTP writes times.
    """

    blob: str
    etag: str | None = None
    last_modified: str | None = None
    content_length: int | None = None
    content_type: str | None = None


def job_id(at: datetime, chance: str) -> str:
    """An id that sorts by time.

    Args:
        at: when the job was submitted.
        chance: eight hexadecimal characters, so that two of the same time differ.
    """
    return f"{microseconds(at):014x}-{chance}"
