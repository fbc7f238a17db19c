"""What is said of batch jobs: what can be submitted, and how a job is shown."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from loupe_shared.api.filters import MAX_NAME, ImageFilter
from loupe_shared.api.pictures import NewBlobName, can_be_linked, has_control_characters
from loupe_shared.batch.globs import Glob
from loupe_shared.batch.job import BatchJob, Counts, Input, Output, State

MAX_NAMES = 50_000
MAX_JOBS = 100
MAX_FAILURES = 1000
SHOWN_NAMES = 3  # of those that are refused

JobId = Annotated[str, Field(pattern="^[0-9a-f]{14}-[0-9a-f]{8}$", examples=["0644a8b2c1d3e4-5f0c1b7a"])]
BlobName = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
ModelName = Annotated[str, Field(pattern=r"^[^:\s]+:[1-9][0-9]{0,8}$", max_length=200)]


class OutputRequest(BaseModel):
    """A file with the answers, in the output container, as soon as the job has ended."""

    model_config = ConfigDict(extra="forbid")

    name: NewBlobName = Field(description="of the blob, which must not exist", examples=["line 3, november.csv"])
    format: Literal["csv", "jsonl", "parquet"] = "csv"


class JobRequest(BaseModel):
    """A batch job. Its input is one of: prefix (with or without glob), glob, names, filter."""

    model_config = ConfigDict(extra="forbid")

    prefix: str | None = Field(
        default=None,
        max_length=MAX_NAME,
        description="all blobs of the container whose names begin so; empty for the whole container",
        examples=["line 3/"],
    )
    glob: str | None = Field(
        default=None,
        max_length=MAX_NAME,
        description="a pattern of names: `*` and `?` stay within a folder, `**` does not, `[a-z]` is one of them",
        examples=["line 3/**/*.jpg"],
    )
    names: tuple[BlobName, ...] | None = Field(
        default=None, min_length=1, max_length=MAX_NAMES, description="these blobs of the container"
    )
    filter: ImageFilter | None = Field(
        default=None,
        description="the images that the archive shows for this filter at the time of submission",
        examples=[{"label": "crack", "max_score": 0.7}],
    )
    model: ModelName | None = Field(
        default=None, description="which model is to answer; by default the one that workers of batch jobs serve"
    )
    mini_batch_size: int = Field(default=32, ge=1, le=1000, description="images in one message to a worker")
    error_threshold: int = Field(
        default=-1, ge=-1, description="the job fails when more images than this have failed; -1 for any number"
    )
    max_retries: int = Field(
        default=3, ge=0, le=10, description="how often an image is tried again that vanished without an outcome"
    )
    again: bool = Field(
        default=False, description="whether images are classified again that this model has answered already"
    )
    from_embeddings: bool = Field(
        default=False,
        description="whether images are answered from the embeddings that the archive has, without their pictures, "
        "where the model gives the same; such answers have no heatmap",
    )
    output: OutputRequest | None = None

    @field_validator("prefix", "glob")
    @classmethod
    def _begins_names(cls, text: str | None) -> str | None:
        if text is not None and has_control_characters(text):
            raise ValueError("no blob has such a name: leave out control characters")
        return text

    @field_validator("names")
    @classmethod
    def _are_names(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        refused = [name for name in names or () if not can_be_linked(name)]
        if refused:
            first = ", ".join(repr(name) for name in refused[:SHOWN_NAMES])
            others = f" and {len(refused) - SHOWN_NAMES:,} more" if len(refused) > SHOWN_NAMES else ""
            raise ValueError(
                f"no blob can be called {first}{others}: leave out names with control characters or with a segment "
                "'.' or '..'"
            )
        return names

    @model_validator(mode="after")
    def _has_one_input(self) -> Self:
        listed = self.prefix is not None or self.glob is not None
        if [listed, self.names is not None, self.filter is not None].count(True) != 1:
            raise ValueError("give one input: prefix or glob or both, or names, or filter")
        if self.glob is not None:
            Glob(self.glob)
        return self


class JobRetry(BaseModel):
    """How the failures of a job are tried again, in so far as that job does not say it."""

    model_config = ConfigDict(extra="forbid")

    output: OutputRequest | None = None


class JobCounts(Counts):
    """How many images of a job have come to which end. The API has other counts, and tells models by their names."""


class Job(BaseModel):
    """A batch job as it stands."""

    id: JobId
    state: State
    reason: str | None = Field(default=None, description="why it failed")
    input: Input
    model: str = Field(description="that answers, as name:version")
    mini_batch_size: int
    error_threshold: int
    max_retries: int
    again: bool
    from_embeddings: bool = False
    output: Output | None = None
    submitted_by: str
    submitted_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: JobCounts = Field(description="images that have come to an end, by which")
    total: int | None = Field(default=None, description="images of the whole input; unset until they are counted")
    images_per_minute: int = Field(description="those that came to an end within the last minute")
    estimated_end: datetime | None = Field(
        default=None, description="by the rate of the last minute; unset if nobody knows"
    )

    @classmethod
    def of(cls, job: BatchJob, moment: datetime) -> Self:
        """As it is shown at a moment."""
        counts, end = job.counts, None
        if job.state is State.RUNNING and job.total is not None and job.images_per_minute:
            left = max(0, job.total - counts.total)
            end = moment + timedelta(minutes=left / job.images_per_minute)
        fields = {name: getattr(job, name) for name in cls.model_fields if name in BatchJob.model_fields}
        return cls(**fields, counts=JobCounts(**dict(counts)), estimated_end=end)


class JobQuery(BaseModel):
    """The parameters of a list of jobs."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    limit: int = Field(default=20, ge=1, le=MAX_JOBS)
    cursor: JobId | None = Field(default=None, description="`next` of the page before")


class JobPage(BaseModel):
    """A part of the list of jobs, the newest first."""

    jobs: tuple[Job, ...]
    next: str | None = Field(description="`cursor` of the next page; none at the end")


class FailureQuery(BaseModel):
    """The parameters of a list of failures."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MAX_FAILURES)
    cursor: str | None = Field(default=None, pattern="^[0-9]{1,9}-[0-9]{1,9}$", description="`next` of the page before")


class JobFailure(BaseModel):
    """An image without an answer, and why."""

    blob: str
    reason: str = Field(
        description="that of a rejected image; `missing` if there is no such blob; `no_outcome` if its messages were "
        "set aside or lost too often; `other_model` if another model answered"
    )
    detail: str


class FailurePage(BaseModel):
    """A part of a job's failures."""

    failures: tuple[JobFailure, ...]
    next: str | None = Field(description="`cursor` of the next page; none at the end")
