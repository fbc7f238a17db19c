"""Where batch jobs are kept."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from loupe_shared.batch.job import BatchJob, Chunk, Failure, State
from loupe_shared.errors import PermanentError


class JobChanged(PermanentError):
    """A job is not any more as it was when it was read, or as it was supposed to be."""


class Place(NamedTuple):
    """The place of a failure in a job's list."""

    chunk: int
    number: int


class JobStore(Protocol):
    """Batch jobs, their chunks and their failures, in a durable place.

    Safe for use from several threads. Every method raises ``StoreUnavailable`` when the store does not answer.
    """

    def create(self, job: BatchJob, chunks: Sequence[Chunk] = ()) -> None:
        """Keep a new job, and the chunks of its input if they are known already: all, or nothing.

        Raises:
            JobChanged: there is a job with this id.
        """

    def find(self, job_id: str) -> BatchJob | None:
        """A job; nothing if there is none."""

    def page(self, states: Collection[State], limit: int, before: str | None = None) -> list[BatchJob]:
        """Jobs in some states, the newest first.

        Args:
            states: empty for all.
            limit: of jobs. Fewer are found only at the end.
            before: the id after which the list goes on.
        """

    def replace(
        self,
        job: BatchJob,
        *,
        begun: Chunk | None = None,
        ended: int | None = None,
        failures: Sequence[Failure] = (),
    ) -> BatchJob:
        """Keep a job as it is now, with what changes with it: all, or nothing. The chunks of a final job are forgotten.

        Args:
            job: changed, with the revision that was read.
            begun: a new chunk.
            ended: number of a chunk that has ended.
            failures: of that chunk, ``CHUNK`` at most.

        Returns:
            The job with its new revision.

        Raises:
            JobChanged: it has another revision by now, or there is none.
        """

    def chunks(self, job_id: str) -> list[Chunk]:
        """Those that have not ended, by number."""

    def failures(self, job_id: str, limit: int, after: Place | None = None) -> list[tuple[Place, Failure]]:
        """Failures by place. Fewer than the limit are found only at the end."""

    def check(self) -> None:
        """Return if the store answers."""

    def close(self) -> None:
        """Give back connections."""
