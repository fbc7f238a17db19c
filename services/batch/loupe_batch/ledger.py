"""A runner's hold on its job: every change of it that the runner makes goes through here."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from loupe_batch.sources import Part
from loupe_shared.api.jobs import Job
from loupe_shared.batch.job import BatchJob, Chunk, Counts, Failure, Lease, State
from loupe_shared.batch.ports import JobChanged, JobStore
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable, LoupeError
from loupe_shared.ports import Announcer
from loupe_shared.telemetry.metrics import BATCH_JOBS_ENDED

LEASE = timedelta(seconds=30)

log = logging.getLogger(__name__)


class NotOurs(LoupeError):
    """The job is not the runner's any more: it was paused or canceled, or another runner has it."""


class Ledger:
    """Changes a job that this runner has taken. Used by one thread.

    Every method raises ``NotOurs`` if the job is not the runner's any more; then nothing was changed.
    ``StoreUnavailable`` says that nobody knows whether it was.

    Args:
        job: as it is kept.
        store: keeps it.
        announcer: is told of every change.
        runner: name of the runner.
    """

    def __init__(self, job: BatchJob, store: JobStore, announcer: Announcer, runner: str) -> None:
        self.job = job
        self._store = store
        self._announcer = announcer
        self._runner = runner

    def take(self) -> None:
        """Make the job the runner's, which nobody else has."""
        self._change({"state": State.RUNNING, "started_at": self.job.started_at or now(), "open": Counts()})

    def begin(self, part: Part) -> Chunk | None:
        """Keep the next part of the input as a chunk; none if it has no images. It is noted then that it was read."""
        job = self.job
        changes: dict[str, Any] = {"place": part.next, "is_planned": not part.next}
        if not part.images:
            self._change(changes)
            return None
        chunk = Chunk(number=job.chunks, images=part.images)
        changes |= {"chunks": job.chunks + 1, "planned": job.planned + len(part.images)}
        self._change(changes, begun=chunk)
        return chunk

    def end(self, number: int, counts: Counts, failures: Sequence[Failure], open_: Counts) -> None:
        """Count a chunk whose images have all come to their ends, and show what is open beside it."""
        self._change({"settled": self.job.settled + counts, "open": open_}, ended=number, failures=failures)

    def report(self, open_: Counts, images_per_minute: int, total: int | None) -> None:
        """Show how far the job is, and keep hold of it."""
        self._change({"open": open_, "images_per_minute": images_per_minute, "total": total})

    def finish(self, state: State, reason: str | None = None) -> None:
        """The job has ended."""
        changes = {"state": state, "reason": reason, "ended_at": now(), "open": Counts(), "images_per_minute": 0}
        changes |= {"lease": None, "total": self.job.planned if self.job.is_planned else self.job.total}
        self._change(changes)
        BATCH_JOBS_ENDED.labels(state).inc()
        log.info("job %s: %s: %s", self.job.id, state, reason or self.job.counts)

    def let_go(self) -> None:
        """Leave the job to whichever runner comes next."""
        self._change({"lease": None})

    def close(self, open_: Counts) -> None:
        """Note what has come of a job that somebody has canceled; of another one, nothing."""
        found = self._store.find(self.job.id)
        if found and found.state is State.CANCELED:
            with suppress(JobChanged):  # it was changed once more, by whoever knows better
                self._store.replace(found.model_copy(update={"open": open_}))

    def _change(
        self,
        changes: dict[str, Any],
        *,
        begun: Chunk | None = None,
        ended: int | None = None,
        failures: Sequence[Failure] = (),
    ) -> None:
        lease = Lease(runner=self._runner, until=now() + LEASE)
        changed = self.job.model_copy(update={"lease": lease, **changes})
        try:
            self.job = self._store.replace(changed, begun=begun, ended=ended, failures=failures)
        except JobChanged as error:
            found = self._store.find(self.job.id)
            raise NotOurs(f"it is {found.state if found else 'gone'}") from error
        try:
            self._announcer.announce([Job.of(self.job, now()).model_dump_json()], "job")
        except BrokerUnavailable as error:  # whoever looks on asks again
            log.warning("a change of job %s was not announced: %s", self.job.id, error)
