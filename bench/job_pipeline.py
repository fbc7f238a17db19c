"""Broker, storage and the services that a batch job needs, and what they use until it has ended."""

import random
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.pipeline import Measurement, Pipeline
from bench.waiting import wait_for_count
from loupe_client import Loupe
from loupe_local.ports import LOOPBACK
from loupe_shared.api.jobs import Job
from loupe_shared.batch.job import State

JOB_SERVICES = ("results", "query", "batch", "backfill")
VICTIMS = (*JOB_SERVICES, "Valkey")


@dataclass(frozen=True)
class JobCourse:
    """What a job took, in two parts, of which the first is a tenth."""

    first: Measurement
    rest: Measurement

    @property
    def wall_s(self) -> float:
        """Seconds from the submission to the end."""
        return self.first.wall_s + self.rest.wall_s

    def cpu_ms(self, service: str) -> float:
        """CPU of a service per image, in ms."""
        images = self.first.images + self.rest.images
        return (self.first.cpu_ms(service) * self.first.images + self.rest.cpu_ms(service) * self.rest.images) / images


class JobPipeline(Pipeline):
    """A pipeline in which a batch job classifies all that storage lists."""

    def run_job(self, images: int, *, from_embeddings: bool = False) -> JobCourse:
        """Submit a job for all of it, and wait until it has ended.

        Raises:
            ValueError: its counts are not right.
        """
        with self._client() as client:
            job = client.submit(prefix="", from_embeddings=from_embeddings)
            first = self._until(client, job, 0, images // 10)
            course = JobCourse(first, self._until(client, job, first.images, images))
            _check_end(client, job, images)
            return course

    def run_job_among_kills(self, images: int, kills: int) -> None:
        """The same, while processes are killed at random, and started again.

        Raises:
            ValueError: its counts are not right.
        """
        chance = random.Random(kills)  # noqa: S311  (for variety)
        with self._client() as client:
            job = client.submit(prefix="")
            for number in range(1, kills + 1):
                wait_for_count(partial(_counted, client, job), images * number // (kills + 1), self._revive)
                self._children[chance.choice(VICTIMS)].kill()
                self._revive()
            wait_for_count(partial(_counted, client, job), images, self._revive)
            _check_end(client, job, images)

    def serve(self, bundle: Path) -> None:
        """Let the worker of batch jobs serve another model from now on."""
        self._children["backfill"].stop()
        self._heartbeat("backfill").unlink(missing_ok=True)
        self._environment["LOUPE_MODEL_BUNDLE"] = str(bundle.resolve())
        self._start_service("backfill")
        self._children["backfill"].wait_until(partial(self._is_ready, "backfill"))

    def _revive(self) -> None:
        """Start again what has ended: who was killed, and who could not go on without the victim."""
        if self._children["Valkey"].has_ended():
            self._children["Valkey"] = self._valkey.start()
        for service in self._services:
            if self._children[service].has_ended():
                self._start_service(service)
        self._children["query"].wait_until(partial(self._is_ready, "query"))

    def _until(self, client: Loupe, job: Job, begin: int, end: int) -> Measurement:
        before, started = self._usages(), time.perf_counter()
        wait_for_count(partial(_counted, client, job), end, self._check)
        images = _counted(client, job) - begin
        return Measurement(images, time.perf_counter() - started, before, self._usages())

    def _client(self) -> Loupe:
        return Loupe(f"http://{LOOPBACK}:{self._ports['query']}")


def _counted(client: Loupe, job: Job) -> int:
    return client.job(job.id).counts.total


def _check_end(client: Loupe, job: Job, images: int) -> None:
    """Return when the job has ended with the right counts."""
    done = client.wait(job.id)
    found = (done.state, done.counts.classified, done.counts.total, done.total)
    if found != (State.COMPLETED, images, images, images):
        raise ValueError(f"a job of {images} images has ended as {done}")
