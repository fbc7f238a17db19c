"""Where batch jobs are submitted, looked at and changed."""

import logging
import secrets
import threading
from collections.abc import Iterator

from loupe_query.jobs.errors import JobConflict, JobUnknown, NoOutputContainer
from loupe_query.jobs.models import chosen_model
from loupe_query.jobs.ports import Outputs
from loupe_query.jobs.requests import Asked, asked, by_names, chunks
from loupe_shared.api.jobs import MAX_FAILURES, MAX_JOBS, MAX_NAMES, Job, JobRequest, OutputRequest
from loupe_shared.batch.job import ACTIVE, FINAL, BatchJob, Failure, Output, State, job_id
from loupe_shared.batch.ports import JobChanged, JobStore, Place
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.ports import Announcer, Workers

log = logging.getLogger(__name__)


class Desk:
    """Takes jobs, and tells those who look on. Whatever runs jobs does so by what is stored here.

    Every method raises ``TransientError`` when a part that it needs does not answer.

    Args:
        store: the jobs.
        workers: say which models they serve.
        outputs: the files that jobs have written; unset if they can write none.
        announcer: is told of every change.
    """

    def __init__(self, store: JobStore, workers: Workers, outputs: Outputs | None, announcer: Announcer) -> None:
        self._store = store
        self._workers = workers
        self._outputs = outputs
        self._announcer = announcer
        # Who submits twice in a moment, as by a double click, mostly asks the same process.
        self._submitting = threading.Lock()

    def submit(self, request: JobRequest, by: str) -> BatchJob:
        """Take a job.

        Args:
            request: what is to be done.
            by: who asks.

        Raises:
            JobUnfit: it is not clear which model is to answer, or none of the workers has it.
            JobConflict: an active job does the same or writes the same file, or that file exists.
            NoOutputContainer: files cannot be written.
        """
        return self._take(asked(request), request, request.output, by)

    def retry(self, id_: str, output: OutputRequest | None, by: str) -> BatchJob:
        """Take a job that tries the failures of another once more, with the settings of that.

        Raises:
            JobUnknown: there is no such job.
            JobConflict: it has not ended, or has no failures, or too many; and as ``submit`` says.
            JobUnfit: no worker has the model any more.
            NoOutputContainer: files cannot be written.
        """
        job = self.find(id_)
        if job.state not in FINAL:
            raise JobConflict(f"job {id_} is {job.state}: its failures can be tried again when it has ended")
        wanted = by_names(self._failed(id_), retries=id_)
        if not wanted.names:
            raise JobConflict(f"no image has failed in job {id_}: there is nothing to try again")
        if len(wanted.names) > MAX_NAMES:
            raise JobConflict(
                f"more than {MAX_NAMES:,} images have failed in job {id_}: submit its whole input with `again`"
            )
        # To be rejected is to be answered, too: without this, those would be skipped.
        return self._take(wanted, job.model_copy(update={"again": True}), output, by)

    def find(self, id_: str) -> BatchJob:
        """A job.

        Raises:
            JobUnknown: there is none.
        """
        job = self._store.find(id_)
        if job is None:
            raise JobUnknown(id_)
        return job

    def page(self, state: State | None, limit: int, before: str | None) -> tuple[list[BatchJob], str | None]:
        """Jobs, the newest first, and the id after which the next part begins (none at the end)."""
        found = self._store.page((state,) if state else (), limit + 1, before)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def failures(self, id_: str, limit: int, after: Place | None) -> tuple[list[Failure], Place | None]:
        """Failures of a job, and the place after which the next part begins (none at the end).

        Raises:
            JobUnknown: there is no such job.
        """
        self.find(id_)
        found = self._store.failures(id_, limit + 1, after)
        return [failure for _, failure in found[:limit]], found[limit - 1][0] if len(found) > limit else None

    def pause(self, id_: str) -> BatchJob:
        """Let a job wait until it is resumed. What workers have already, they do.

        Raises:
            JobUnknown: there is no such job.
            JobConflict: it has ended.
        """
        return self._change(id_, ACTIVE, State.PAUSED, (State.PAUSED,))

    def resume(self, id_: str) -> BatchJob:
        """Let a job go on that was paused.

        Raises:
            JobUnknown: there is no such job.
            JobConflict: it has ended.
        """
        return self._change(id_, ACTIVE, State.QUEUED, (State.QUEUED, State.RUNNING))

    def cancel(self, id_: str) -> BatchJob:
        """End a job for good. What it has brought about stays.

        Raises:
            JobUnknown: there is no such job.
            JobConflict: it has ended otherwise.
        """
        return self._change(id_, (*ACTIVE, State.CANCELED), State.CANCELED, (State.CANCELED,))

    def _take(self, wanted: Asked, like: JobRequest | BatchJob, output: OutputRequest | None, by: str) -> BatchJob:
        model = chosen_model(self._workers.all(), like.model)
        parts = chunks(wanted.names)
        with self._submitting:
            self._check(wanted, model, output)
            at = now()
            job = BatchJob(
                id=job_id(at, secrets.token_hex(4)),
                input=wanted.input,
                model=model,
                mini_batch_size=like.mini_batch_size,
                error_threshold=like.error_threshold,
                max_retries=like.max_retries,
                again=like.again,
                from_embeddings=like.from_embeddings,
                output=Output(name=output.name, format=output.format) if output else None,
                submitted_by=by,
                submitted_at=at,
                planned=len(wanted.names),
                total=len(wanted.names) if parts else None,
                chunks=len(parts),
                is_planned=bool(parts),
            )
            self._store.create(job, parts)
        self._announce(job)
        return job

    def _check(self, wanted: Asked, model: str, output: OutputRequest | None) -> None:
        for job in self._active():
            if (job.input, job.model) == (wanted.input, model):
                raise JobConflict(f"job {job.id} does the same already ({job.state}): wait for it, or cancel it")
            if output and job.output and job.output.name == output.name:
                raise JobConflict(f"job {job.id} is to write {output.name}: give the output another name")
        if output and self._outputs is None:
            raise NoOutputContainer
        if output and self._outputs and self._outputs.exists(output.name):
            raise JobConflict(f"the file {output.name} exists already: give the output another name")

    def _active(self) -> Iterator[BatchJob]:
        last: str | None = None
        while page := self._store.page(ACTIVE, MAX_JOBS, last):
            yield from page
            last = page[-1].id

    def _failed(self, id_: str) -> Iterator[str]:
        """The blobs that have failed, in so far as they can be tried again at once, and one more."""
        after: Place | None = None
        for _ in range(MAX_NAMES // MAX_FAILURES + 1):
            found = self._store.failures(id_, MAX_FAILURES, after)
            yield from (failure.blob for _, failure in found)
            if len(found) < MAX_FAILURES:
                return
            after = found[-1][0]

    def _change(self, id_: str, able: tuple[State, ...], state: State, already: tuple[State, ...]) -> BatchJob:
        """Bring a job into a state, unless it is in one that is as good."""
        while True:  # every turn but the last is one in which the job has gone on
            job = self.find(id_)
            if job.state not in able:
                raise JobConflict(f"job {id_} is {job.state}, which is final")
            if job.state in already:
                return job
            ended_at = now() if state in FINAL else None
            changed = {"state": state, "ended_at": ended_at, "lease": None, "images_per_minute": 0}
            try:
                job = self._store.replace(job.model_copy(update=changed))
            except JobChanged:
                continue
            self._announce(job)
            return job

    def _announce(self, job: BatchJob) -> None:
        try:
            self._announcer.announce([Job.of(job, now()).model_dump_json()], "job")
        except BrokerUnavailable as error:  # the job is stored; only who looks on learns of it later
            log.warning("a batch job was not announced: %s", error)
