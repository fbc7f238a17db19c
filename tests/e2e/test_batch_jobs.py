"""Batch jobs over the running system: their counts are exact, whatever happens to the processes."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx2
import pyarrow.parquet as pq
import pytest
import redis
from azure.storage.blob import ContainerClient

from loupe_client import Conflict, Loupe
from loupe_client.jobs import OutputFormat
from loupe_local.azurite import OUTPUT
from loupe_local.stack import Stack
from loupe_shared.api.jobs import Job
from loupe_shared.batch.job import FINAL, State
from tests.e2e.conftest import Outcome
from tests.e2e.test_crash import PICTURE, classified
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def loupe(stack: Stack) -> Iterator[Loupe]:
    """The client."""
    with Loupe(stack.api) as client:
        wait_for(lambda: served(client), "the worker of batch jobs")
        yield client


def served(loupe: Loupe) -> str | None:
    """The model that batch jobs are answered with, as soon as there is one."""
    return next((worker.model for worker in loupe.pipeline().workers if worker.service == "backfill"), None)


def uploaded(container: ContainerClient, api: httpx2.Client, names: list[str]) -> None:
    """Upload pictures and wait until events have brought their answers."""
    start = classified(api)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: container.upload_blob(name, PICTURE), names))
    wait_for(lambda: classified(api) >= start + len(names), "the first answers")


def ended(loupe: Loupe, job: Job, stack: Stack) -> Job:
    """The job at its end."""

    def found() -> Job | None:
        stack.check()
        now = loupe.job(job.id)
        return now if now.state in FINAL else None

    return wait_for(found, f"the end of job {job.id}", timeout_s=150)


def has_come_to(loupe: Loupe, job: Job, images: int) -> bool:
    """Whether a job has counted so many images."""
    return loupe.job(job.id).counts.total >= images


def answers(api: httpx2.Client, container: ContainerClient, name: str) -> int:
    """How many results there have been of an image."""
    address = f"{container.container_name}/{name}"
    return 1 + len(api.get(f"/v1/history/{address}").raise_for_status().json()["images"])


def test_images_that_have_an_answer_are_skipped_and_again_means_again(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe
) -> None:
    names = [f"jobs/known/{number}.jpg" for number in range(6)]
    uploaded(container, api, names)
    skipped = ended(loupe, loupe.submit(prefix="jobs/known/"), stack)
    assert (skipped.state, skipped.counts.skipped, skipped.counts.total, skipped.total) == (State.COMPLETED, 6, 6, 6)
    again = ended(loupe, loupe.submit(glob="jobs/known/[0-2].jpg", again=True, mini_batch_size=2), stack)
    assert (again.state, again.counts.classified, again.counts.total) == (State.COMPLETED, 3, 3)
    assert [answers(api, container, name) for name in names] == [2, 2, 2, 1, 1, 1]


def test_names_are_classified_and_what_is_wrong_with_some_is_said(
    stack: Stack, container: ContainerClient, api: httpx2.Client, outcome: Outcome, loupe: Loupe
) -> None:
    uploaded(container, api, ["jobs/names/ü ö.jpg", "jobs/names/b.jpg"])
    container.upload_blob("jobs/names/broken.jpg", PICTURE[:2000])
    outcome("jobs/names/broken.jpg")
    names = ["jobs/names/ü ö.jpg", "jobs/names/b.jpg", "jobs/names/broken.jpg", "jobs/names/never was.jpg"]
    job = ended(loupe, loupe.submit(names=names, again=True, output="answers.jsonl", output_format="jsonl"), stack)
    assert (job.state, job.counts.classified, job.counts.failed, job.total) == (State.COMPLETED, 2, 2, 4)
    failures = {failure.blob: failure.reason for failure in loupe.failures(job.id)}
    assert failures == {"jobs/names/broken.jpg": "truncated", "jobs/names/never was.jpg": "missing"}
    with stack.azurite.blobs() as service:
        written = service.get_blob_client(OUTPUT, "answers.jsonl").download_blob().readall().decode()
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line.get("blob") or line["image"]["blob"] for line in lines} == set(names)
    assert {line["image"]["blob"] for line in lines if line.get("label")} == set(names[:2])

    container.upload_blob("jobs/names/never was.jpg", PICTURE)
    outcome("jobs/names/never was.jpg")
    retried = ended(loupe, loupe.retry(job.id), stack)
    assert (retried.counts.classified, retried.counts.failed, retried.total) == (1, 1, 2)


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_the_answers_come_as_a_table(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe, format_: OutputFormat
) -> None:
    names = [f"jobs/{format_}/{number}.jpg" for number in range(3)]
    uploaded(container, api, names)
    output = f"tables/november.{format_}"
    job = ended(loupe, loupe.submit(prefix=f"jobs/{format_}/", output=output, output_format=format_), stack)
    assert (job.state, job.counts.skipped) == (State.COMPLETED, 3)
    with stack.azurite.blobs() as service:
        content = service.get_blob_client(OUTPUT, output).download_blob().readall()
        written = [blob.name for blob in service.get_container_client(OUTPUT).list_blobs("tables/")]
    if format_ == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode())))
    else:
        rows = pq.read_table(io.BytesIO(content)).to_pylist()
    assert [row["blob"] for row in rows] == names
    assert {row["outcome"] for row in rows} == {"classified"}
    assert not [name for name in written if name.endswith(".rows")]
    with pytest.raises(Conflict, match="exists"):
        loupe.submit(prefix=f"jobs/{format_}/", output=output, output_format=format_)


def test_the_images_of_a_filter_are_those_of_its_time(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe
) -> None:
    uploaded(container, api, [f"jobs/filter/{number}.jpg" for number in range(5)])
    job = ended(loupe, loupe.submit(filter={"prefix": "jobs/filter/", "outcome": "classified"}, again=True), stack)
    assert (job.state, job.counts.classified, job.total) == (State.COMPLETED, 5, 5)


def test_nothing_to_classify_is_a_failure_with_a_reason(stack: Stack, loupe: Loupe) -> None:
    job = ended(loupe, loupe.submit(prefix="jobs/nothing here/"), stack)
    assert job.state is State.FAILED
    assert "nothing to classify" in (job.reason or "")


def test_a_threshold_that_is_passed_ends_the_job_with_the_list_so_far(
    stack: Stack, container: ContainerClient, outcome: Outcome, loupe: Loupe
) -> None:
    names = [f"jobs/bad/{number}.jpg" for number in range(4)]
    for name in names:
        container.upload_blob(name, b"not a picture at all")
        outcome(name)
    job = ended(loupe, loupe.submit(prefix="jobs/bad/", again=True, error_threshold=1, mini_batch_size=1), stack)
    assert job.state is State.FAILED
    assert "more than 1 images failed" in (job.reason or "")
    failures = list(loupe.failures(job.id))
    assert len(failures) == job.counts.failed >= 2
    assert {failure.blob for failure in failures} <= set(names)


def test_a_job_is_paused_resumed_and_canceled(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe
) -> None:
    names = [f"jobs/long/{number}.jpg" for number in range(60)]
    uploaded(container, api, names)
    stack.children["backfill"].kill()  # so that the job is in progress for as long as this looks at it
    job = loupe.submit(prefix="jobs/long/", again=True, mini_batch_size=4)
    wait_for(lambda: loupe.job(job.id).state is State.RUNNING, "work to be in progress")
    with pytest.raises(Conflict, match=job.id):
        loupe.submit(prefix="jobs/long/", again=True)
    assert loupe.pause(job.id).state is State.PAUSED
    stack.restart("backfill")
    loupe.resume(job.id)
    assert ended(loupe, job, stack).counts.classified == len(names)
    assert Counter(answers(api, container, name) for name in names) == {2: len(names)}

    stack.children["backfill"].kill()
    canceled = loupe.submit(prefix="jobs/long/", again=True, mini_batch_size=4)
    wait_for(lambda: loupe.job(canceled.id).state is State.RUNNING, "work to be in progress")
    assert loupe.cancel(canceled.id).state is State.CANCELED
    assert loupe.job(canceled.id).counts.total < len(names)
    with pytest.raises(Conflict, match="canceled"):
        loupe.resume(canceled.id)
    stack.restart("backfill")


def test_whatever_is_killed_the_counts_are_exact_and_nothing_is_classified_twice(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe
) -> None:
    names = [f"jobs/killed/{number}.jpg" for number in range(300)]
    uploaded(container, api, names)
    chance = random.Random(7)
    job = loupe.submit(prefix="jobs/killed/", again=True, mini_batch_size=8)
    victims = ["batch", "backfill", "results", "query", "valkey", "batch", "backfill"]
    for number, victim in enumerate(victims, 1):
        wait_for(partial(has_come_to, loupe, job, number * 25), f"progress before {victim} dies")
        stack.children[victim].kill()
        stack.restart(victim)
        for _ in range(chance.randrange(3)):
            stack.check()
    done = ended(loupe, job, stack)
    assert (done.state, done.counts.classified, done.counts.total, done.total) == (State.COMPLETED, 300, 300, 300)
    assert Counter(answers(api, container, name) for name in names) == {2: 300}


def test_a_broker_that_forgets_everything_costs_time_and_no_image(
    stack: Stack, container: ContainerClient, api: httpx2.Client, loupe: Loupe
) -> None:
    names = [f"jobs/wiped/{number}.jpg" for number in range(120)]
    uploaded(container, api, names)
    job = loupe.submit(prefix="jobs/wiped/", again=True, mini_batch_size=8)
    wait_for(lambda: loupe.job(job.id).counts.classified > 20, "work to be in progress")
    with redis.Redis.from_url(stack.valkey.url) as broker:
        broker.flushall()
    done = ended(loupe, job, stack)
    assert (done.state, done.counts.classified, done.total) == (State.COMPLETED, 120, 120)
