"""Batch jobs, as the description of the API shows them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from loupe_shared.api.jobs import FailurePage, Job, JobFailure, JobPage
from loupe_shared.batch.job import ANY_NUMBER, BatchJob, ByNames, ByPrefix, Counts, Output, State

_AT = datetime(2026, 11, 22, 8, 15, 30, 123456, UTC)
_LATER = _AT + timedelta(minutes=3)

_QUEUED = BatchJob(
    id="0644a8b2c1d3e4-5f0c1b7a",
    input=ByPrefix(prefix="line 3/", glob="line 3/**/*.jpg"),
    model="efficientnet-lite0:1",
    mini_batch_size=32,
    error_threshold=ANY_NUMBER,
    max_retries=3,
    again=False,
    output=Output(name="line 3, november.csv", format="csv"),
    submitted_by="Ada",
    submitted_at=_AT,
)
_RUNNING = _QUEUED.model_copy(
    update={
        "state": State.RUNNING,
        "started_at": _AT + timedelta(seconds=1),
        "settled": Counts(classified=19861, skipped=1120, failed=19),
        "open": Counts(classified=412),
        "total": 43200,
        "images_per_minute": 7240,
    }
)
_STOPPED = {"images_per_minute": 0}
_RETRY = _QUEUED.model_copy(
    update={
        "id": "0644a8b2f7a1c0-0c9a52d1",
        "input": ByNames(count=19, retries=_QUEUED.id, digest="8d41f0a5c7e2b6939b1d0c4e7f5a2368"),
        "output": None,
        "again": True,
        "total": 19,
    }
)


def _shown(job: BatchJob) -> Any:  # noqa: ANN401
    return json.loads(Job.of(job, _LATER).model_dump_json())


SUBMITTED = _shown(_QUEUED)
JOB = _shown(_RUNNING)
PAUSED = _shown(_RUNNING.model_copy(update=_STOPPED | {"state": State.PAUSED}))
CANCELED = _shown(_RUNNING.model_copy(update=_STOPPED | {"state": State.CANCELED, "ended_at": _LATER}))
RETRY = _shown(_RETRY)
JOBS = json.loads(JobPage(jobs=(Job.of(_RUNNING, _LATER),), next=_QUEUED.id).model_dump_json())
FAILURES = json.loads(
    FailurePage(
        failures=(
            JobFailure(blob="line 3/a.jpg", reason="corrupt", detail="the picture ends in the middle of a row"),
            JobFailure(blob="line 3/never was.jpg", reason="missing", detail="there is no such blob"),
        ),
        next="7-41",
    ).model_dump_json()
)
