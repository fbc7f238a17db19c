"""What a training tells while it runs, whether somebody listens or not."""

from enum import StrEnum
from typing import Protocol

from loupe_shared.errors import LoupeError, TransientError
from loupe_training.export.record import EpochMetrics


class TrackingUnavailable(TransientError):
    """The tracking store did not take or give something. The message says what it said."""


class NotRecorded(LoupeError):
    """The training is complete, and its run is not. The message says how to record it again."""


class RunStatus(StrEnum):
    """How a run stands, as MLflow calls it."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class Tracking(Protocol):
    """Follows one training."""

    def epoch(self, epoch: EpochMetrics) -> None:
        """An epoch has ended. Never raises: what is not recorded now is recorded at the end."""

    def broken_off(self, status: RunStatus) -> None:
        """The training has ended without a report, so it may go on later. Never raises."""

    def complete(self) -> str | None:
        """Bundle and report are in their folder.

        Returns:
            Where the run is, for people; none if it is nowhere.

        Raises:
            NotRecorded: the run is not, or not completely, in the store.
        """


class Untracked:
    """Nobody listens."""

    def epoch(self, epoch: EpochMetrics) -> None:
        """See ``Tracking``."""

    def broken_off(self, status: RunStatus) -> None:
        """See ``Tracking``."""

    def complete(self) -> None:
        """See ``Tracking``."""
