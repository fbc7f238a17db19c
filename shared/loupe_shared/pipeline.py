"""What is on its way through the queues, and who works on it.

Queues hold jobs, of several images each. What is outstanding, and what a worker has done, are images.
"""

from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from loupe_shared.domain import Model, UtcDatetime
from loupe_shared.result import ModelVersion, Precision

REPORT_INTERVAL_S = 5.0
FORGOTTEN_AFTER_S = 20.0  # so that a report or two may be late


class QueueDepth(Model):
    """How many jobs a queue has."""

    name: str = Field(
        description="classify (jobs of the inference workers), backfill (the same, of batch jobs) or store (jobs of "
        "the results workers)"
    )
    waiting: int = Field(ge=0, description="jobs, of several images each, that no worker has")
    running: int = Field(ge=0, description="jobs that a worker has: at work, or held until they are tried again")
    dead: int = Field(ge=0, description="jobs that can never be handled and were set aside for a person to look at")


class Backlog(Model):
    """What is on its way."""

    outstanding: int = Field(
        ge=0, description="images that were announced and whose outcome is not in the archive yet, in whichever queue"
    )
    queues: tuple[QueueDepth, ...]


class Lane(NamedTuple):
    """The images of those jobs that the workers of one queue take.

    Attributes:
        queue: its name.
        outstanding: images that were announced and whose outcome is not in the archive yet.
        oldest_at: when the first of them was written down, to ten seconds; unset if there is none.
    """

    queue: str
    outstanding: int
    oldest_at: datetime | None


class WorkerReport(Model):
    """What a worker says of itself."""

    service: str = Field(description="inference, backfill (inference for batch jobs) or results")
    name: str = Field(description="host and process, as host:pid")
    model: str | None = Field(default=None, description="the model that answers now, as name:version, if it has one")
    precision: Precision | None = Field(default=None, description="of the model")
    device: str | None = Field(default=None, description="where the model runs: cpu, cuda or tensorrt")
    started_at: UtcDatetime = Field(description="by the clock of the worker's machine")
    images: int = Field(ge=0, description="done since it started")
    images_per_minute: int = Field(ge=0, description="done within the last 60 seconds")


class Worker(WorkerReport):
    """A worker by its last report."""

    reported_at: UtcDatetime = Field(description="when that arrived, by the broker's clock")


class Served(NamedTuple):
    """Which model a worker answers with, and where it runs."""

    model: ModelVersion
    device: str
