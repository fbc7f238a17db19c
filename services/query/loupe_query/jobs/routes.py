"""The routes of batch jobs."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, params

from loupe_query.access.callers import Caller
from loupe_query.documents import example
from loupe_query.jobs.desk import Desk
from loupe_query.jobs.errors import JobConflict, JobUnfit, JobUnknown, NoOutputContainer
from loupe_query.jobs.examples import CANCELED, FAILURES, JOB, JOBS, PAUSED, RETRY, SUBMITTED
from loupe_query.refusals import refusing
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.jobs import (
    MAX_NAMES,
    FailurePage,
    FailureQuery,
    Job,
    JobFailure,
    JobId,
    JobPage,
    JobQuery,
    JobRequest,
    JobRetry,
)
from loupe_shared.batch.job import BatchJob
from loupe_shared.batch.ports import Place
from loupe_shared.domain import now
from loupe_shared.errors import PermanentError

PATH = "/v1/jobs"
MAX_BODY_BYTES = 10_000_000  # as many names as one may give, of 200 bytes each

SUBMIT = f"""Has images of the container classified by one model, whether events have brought them or not. Exactly one
input: `prefix` or `glob` or both, `names` ({MAX_NAMES:,} at most), or `filter`. Images that this model has answered are
skipped, unless `again` is set; new images never wait for a job. 409 if an active job has the same input and model or
the same output, or if that file exists. 501 if `output` is given and this service has no container for it."""

RETRY_FAILURES = f"""Submits a job with the failures of another, which has ended. They are classified `again`; all
else is as there, but for the output, which is a new one or none. 409 if there is nothing to try again, or more than
{MAX_NAMES:,} images."""

_STATUSES: dict[type[PermanentError], int] = {JobUnknown: 404, JobConflict: 409, JobUnfit: 422, NoOutputContainer: 501}
_IN_THE_WAY = "Another job, a file, or the state of this job stands in the way"
_CONFLICT: dict[int | str, dict[str, object]] = {409: describe(409)[409] | {"description": _IN_THE_WAY}}
_LOCATION = {"Location": {"description": "of the job", "schema": {"type": "string"}}}


def jobs_router(desk: Desk, reader: params.Security, operator: params.Security) -> APIRouter:
    """The routes over a desk.

    Args:
        desk: takes jobs.
        reader: the dependency that lets callers look at jobs.
        operator: the dependency that lets callers change jobs, and gives who they are.
    """
    router = APIRouter(prefix=PATH, tags=["batch jobs"], responses=describe(422, 503))

    @router.post(
        "",
        status_code=201,
        summary="Submit a batch job",
        description=SUBMIT,
        responses={201: _created(SUBMITTED), **_CONFLICT, **describe(501), **describe_body()},
    )
    def submit_job(request: JobRequest, caller: Annotated[Caller, operator], response: Response) -> Job:
        with refusing(_STATUSES):
            return _submitted(desk.submit(request, caller.name), response)

    @router.get(
        "",
        summary="List batch jobs",
        description="The newest first.",
        responses={200: example(JOBS)},
        dependencies=[reader],
    )
    def list_jobs(query: Annotated[JobQuery, Query()]) -> JobPage:
        jobs, last = desk.page(query.state, query.limit, query.cursor)
        return JobPage(jobs=tuple(map(_shown, jobs)), next=last)

    @router.get("/{id}", summary="One batch job", responses={200: example(JOB), **describe(404)}, dependencies=[reader])
    def get_job(id: JobId) -> Job:  # noqa: A002  (as the address calls it)
        with refusing(_STATUSES):
            return _shown(desk.find(id))

    @router.get(
        "/{id}/failures",
        summary="Images that have failed in a batch job",
        description="Those of which the job has got no answer, and why. They are known for whole parts of the input, "
        "so while it runs there are fewer than it counts.",
        responses={200: example(FAILURES), **describe(404)},
        dependencies=[reader],
    )
    def list_failures(id: JobId, query: Annotated[FailureQuery, Query()]) -> FailurePage:  # noqa: A002  (the same)
        after = Place(*map(int, query.cursor.split("-"))) if query.cursor else None
        with refusing(_STATUSES):
            failures, place = desk.failures(id, query.limit, after)
        return FailurePage(
            failures=tuple(JobFailure(blob=one.blob, reason=one.reason, detail=one.detail) for one in failures),
            next=f"{place.chunk}-{place.number}" if place else None,
        )

    @router.post(
        "/{id}/pause",
        summary="Pause a batch job",
        description="What workers have already, they do. Pausing twice is pausing once. 409 if the job has ended.",
        responses={200: example(PAUSED), **describe(404), **_CONFLICT},
        dependencies=[operator],
    )
    def pause_job(id: JobId) -> Job:  # noqa: A002  (the same)
        with refusing(_STATUSES):
            return _shown(desk.pause(id))

    @router.post(
        "/{id}/resume",
        summary="Resume a batch job",
        description="It goes on where it was. What is not paused is left as it is. 409 if the job has ended.",
        responses={200: example(SUBMITTED), **describe(404), **_CONFLICT},
        dependencies=[operator],
    )
    def resume_job(id: JobId) -> Job:  # noqa: A002  (the same)
        with refusing(_STATUSES):
            return _shown(desk.resume(id))

    @router.post(
        "/{id}/cancel",
        summary="Cancel a batch job",
        description="For good. Answers that it has brought stay. 409 if the job has ended otherwise.",
        responses={200: example(CANCELED), **describe(404), **_CONFLICT},
        dependencies=[operator],
    )
    def cancel_job(id: JobId) -> Job:  # noqa: A002  (the same)
        with refusing(_STATUSES):
            return _shown(desk.cancel(id))

    @router.post(
        "/{id}/retry",
        status_code=201,
        summary="Try the failures of a batch job again",
        description=RETRY_FAILURES,
        responses={201: _created(RETRY), **_CONFLICT, **describe(404, 501), **describe_body()},
    )
    def retry_job(
        id: JobId,  # noqa: A002  (the same)
        caller: Annotated[Caller, operator],
        response: Response,
        retry: JobRetry | None = None,
    ) -> Job:
        with refusing(_STATUSES):
            return _submitted(desk.retry(id, retry.output if retry else None, caller.name), response)

    return router


def _shown(job: BatchJob) -> Job:
    return Job.of(job, now())


def _submitted(job: BatchJob, response: Response) -> Job:
    response.headers["Location"] = f"{PATH}/{job.id}"
    return _shown(job)


def _created(job: object) -> dict[str, object]:
    return {**example(job), "description": "The job, which waits for its turn", "headers": _LOCATION}
