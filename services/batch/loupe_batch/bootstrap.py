"""The composition root of the service that runs batch jobs: the only place that names adapters."""

import os
import secrets
import socket
from collections import Counter
from contextlib import ExitStack, closing
from functools import partial

from loupe_batch.answers import Answers
from loupe_batch.azure_output import BlockBlobFile
from loupe_batch.embedded import known_of
from loupe_batch.foreman import MAX_ACTIVE, Foreman, Rescue
from loupe_batch.judge import Judge
from loupe_batch.ports import OutputRefused
from loupe_batch.runner import Tools
from loupe_batch.settings import BatchSettings
from loupe_batch.shift import Shift
from loupe_batch.sources import open_source
from loupe_shared.adapters.blob_listing import AzureListing
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.changes import ValkeyAnnouncer
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.stores import open_job_store, open_store
from loupe_shared.batch.job import ACTIVE, CHUNK, BatchJob
from loupe_shared.batch.ports import JobStore
from loupe_shared.dispatch import Dispatch
from loupe_shared.heartbeat import Heartbeat
from loupe_shared.messages import BackfillJob
from loupe_shared.stopping import until_told_to_end
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.metrics import BATCH_JOBS

CONCURRENT_REQUESTS = 32
STORAGE_TIMEOUT_S = 60.0  # a page of a listing may take long to begin
RESCUE_AFTER = 1.5  # visibility timeouts


def serve_batch(settings: BatchSettings) -> int:
    """Run batch jobs until told to end. Returns the exit code."""
    with until_told_to_end() as stopped, ExitStack() as resources:
        container = settings.storage_account, settings.image_container
        store = resources.enter_context(closing(open_store(settings)))
        jobs = resources.enter_context(closing(open_job_store(settings)))
        http = resources.enter_context(closing(StorageHttp(settings, CONCURRENT_REQUESTS, STORAGE_TIMEOUT_S)))
        listing = AzureListing(settings.blob_endpoint, settings.image_container, http, CHUNK)
        files = StorageHttp(settings, settings.batch_jobs, STORAGE_TIMEOUT_S, writes=True)
        resources.enter_context(closing(files))
        outstanding, publisher = ValkeyOutstanding(settings), CeleryPublisher(make_celery(settings))

        def equip(job: BatchJob) -> Tools:
            return Tools(
                source=open_source(job, listing, store, settings.image_container),
                judge=Judge(job, store, listing, container),
                dispatch=Dispatch(publisher, outstanding, job.mini_batch_size, BackfillJob, known_of(job, store)),
                outstanding=outstanding,
                answers=_answers(settings, job, files),
                window=settings.batch_window,
            )

        runner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        shift = Shift(jobs, ValkeyAnnouncer(settings), equip, runner, stopped)
        rescuer = Dispatch(publisher, outstanding, settings.job_size, BackfillJob)
        rescue = Rescue(rescuer, RESCUE_AFTER * settings.visibility_timeout_s)
        with Exposition(settings, "batch", [partial(_look, jobs)]), Heartbeat(settings.heartbeat_file):
            Foreman(jobs, shift.work_on, settings.batch_jobs, rescue, stopped).serve()
    return 0


def _look(jobs: JobStore) -> None:
    """Set the gauge of jobs that have not ended."""
    BATCH_JOBS.clear()
    states = Counter(job.state for job in jobs.page(ACTIVE, MAX_ACTIVE))
    for state in ACTIVE:
        BATCH_JOBS.labels(state).set(states[state])


def _answers(settings: BatchSettings, job: BatchJob, http: StorageHttp) -> Answers | None:
    if job.output is None:
        return None
    if settings.output_container is None:
        raise OutputRefused("this service writes no files: LOUPE_OUTPUT_CONTAINER is not set")
    address = f"{settings.blob_endpoint.rstrip('/')}/{settings.output_container}"
    return Answers(job.output, partial(_file, address, job.id, http), settings.image_container)


def _file(address: str, owner: str, http: StorageHttp, name: str) -> BlockBlobFile:
    return BlockBlobFile(address, name, owner, http)
