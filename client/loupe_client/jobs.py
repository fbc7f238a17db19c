"""Batch jobs: submitting, following and changing them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypedDict, Unpack

from loupe_client.addresses import body_of
from loupe_client.connection import Connection
from loupe_client.errors import Unavailable, Unreachable
from loupe_client.filters import TimedFilter
from loupe_shared.api.jobs import FailurePage, Job, JobFailure, JobPage
from loupe_shared.batch.job import FINAL, State

OutputFormat = Literal["csv", "jsonl", "parquet"]

FIRST_PAUSE_S = 0.5
LONGER = 1.5
MAX_PAUSE_S = 10.0


class JobInput(TypedDict, total=False):
    """Which images, by one of: prefix, glob or both; names; filter.

    Attributes:
        prefix: all blobs whose names begin so; empty for the whole container.
        glob: all blobs whose names match; ``*`` and ``?`` stay within a folder, ``**`` does not.
        names: these blobs.
        filter: the images that the archive shows at this moment.
    """

    prefix: str | None
    glob: str | None
    names: Iterable[str] | None
    filter: TimedFilter | None


class JobWanted(JobInput, total=False):
    """What a job is to do. What is not set, or None, is as the API has it by default.

    Attributes:
        model: as ``name:version``; by default the one that workers of batch jobs serve.
        mini_batch_size: images in one message to a worker.
        error_threshold: the job fails when more images than this have failed; -1 for any number.
        max_retries: how often an image is tried again that vanished without an outcome.
        again: whether images are classified again that this model has answered already.
        from_embeddings: whether images are answered from embeddings of the archive where the model gives the same.
        output: name of a file with the answers, which must not exist.
        output_format: of that file.
    """

    model: str | None
    mini_batch_size: int | None
    error_threshold: int | None
    max_retries: int | None
    again: bool | None
    from_embeddings: bool | None
    output: str | None
    output_format: OutputFormat | None


class Jobs:
    """The part of the client for batch jobs."""

    _api: Connection
    _sleep: Callable[[float], None]

    def submit(self, **wanted: Unpack[JobWanted]) -> Job:
        """Have many images classified.

        Raises:
            Conflict: an active job does the same or writes the same file, or that file exists.
            Invalid: it makes no sense, or it is not clear which model is to answer.
        """
        output = _output(wanted.pop("output", None), wanted.pop("output_format", None))
        names = wanted.get("names")
        body = {**wanted, "names": None if names is None else list(names), "output": output}
        return self._api.ask(Job, "POST", "/v1/jobs", body=body_of(body))

    def jobs(self, *, state: State | str | None = None) -> Iterator[Job]:
        """Jobs, the newest first, page by page for as long as one looks."""
        cursor: str | None = None
        while True:
            page = self.job_page(state=state, cursor=cursor)
            yield from page.jobs
            cursor = page.next
            if cursor is None:
                return

    def job_page(
        self, *, state: State | str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> JobPage:
        """A part of the list. ``next`` of it is the cursor of the next."""
        return self._api.ask(JobPage, "GET", "/v1/jobs", {"state": state, "limit": limit, "cursor": cursor})

    def job(self, job_id: str) -> Job:
        """One of them as it stands.

        Raises:
            NotFound: there is no such job.
        """
        return self._api.ask(Job, "GET", f"/v1/jobs/{job_id}")

    def pause(self, job_id: str) -> Job:
        """Let a job wait until it is resumed. What workers have already, they do.

        Raises:
            Conflict: it has ended. So for ``resume`` and ``cancel``.
        """
        return self._api.ask(Job, "POST", f"/v1/jobs/{job_id}/pause")

    def resume(self, job_id: str) -> Job:
        """Let a job go on that was paused."""
        return self._api.ask(Job, "POST", f"/v1/jobs/{job_id}/resume")

    def cancel(self, job_id: str) -> Job:
        """End a job for good. Answers that it has brought stay."""
        return self._api.ask(Job, "POST", f"/v1/jobs/{job_id}/cancel")

    def retry(self, job_id: str, *, output: str | None = None, output_format: OutputFormat | None = None) -> Job:
        """Submit a job that classifies the failures of another again, which has ended, with the settings of that.

        Raises:
            Conflict: it has not ended or has no failures; and as ``submit`` says.
        """
        body = body_of({"output": _output(output, output_format)})
        return self._api.ask(Job, "POST", f"/v1/jobs/{job_id}/retry", body=body)

    def failures(self, job_id: str) -> Iterator[JobFailure]:
        """Images of which a job has got no answer, page by page for as long as one looks."""
        cursor: str | None = None
        while True:
            page = self.failure_page(job_id, cursor=cursor)
            yield from page.failures
            cursor = page.next
            if cursor is None:
                return

    def failure_page(self, job_id: str, *, limit: int | None = None, cursor: str | None = None) -> FailurePage:
        """A part of these. ``next`` of it is the cursor of the next."""
        return self._api.ask(FailurePage, "GET", f"/v1/jobs/{job_id}/failures", {"limit": limit, "cursor": cursor})

    def follow(self, job_id: str) -> Iterator[Job]:
        """A job as it stands, again and again until it has ended, which is the last. Looks less and less often.

        Who has begun to look is not stopped by an API that is away for a while.
        """
        job = self.job(job_id)
        yield job
        pause_s = FIRST_PAUSE_S
        while job.state not in FINAL:
            self._sleep(pause_s)
            pause_s = min(LONGER * pause_s, MAX_PAUSE_S)
            try:
                job = self.job(job_id)
            except (Unreachable, Unavailable):
                continue
            yield job

    def wait(self, job_id: str) -> Job:
        """A job when it has ended, however long that takes."""
        *_, job = self.follow(job_id)
        return job


def _output(name: str | None, format_: OutputFormat | None) -> dict[str, str] | None:
    if name is None:
        return None
    return {"name": name, "format": format_} if format_ else {"name": name}
