"""What lies around a runner of batch jobs: a container, an archive, a broker and its workers, all in memory."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from loupe_batch.embedded import known_of
from loupe_batch.judge import Judge
from loupe_batch.ledger import Ledger
from loupe_batch.runner import Runner, Tools
from loupe_batch.sources import open_source
from loupe_shared.adapters.memory import MemoryAnnouncer, MemoryOutstanding, MemoryPublisher, MemoryStore
from loupe_shared.adapters.memory_jobs import MemoryJobs
from loupe_shared.adapters.memory_listing import MemoryListing
from loupe_shared.batch.job import FINAL, BatchJob, Chunk
from loupe_shared.container import Listed
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import ImageRef, Outcome, Reason
from loupe_shared.messages import BackfillJob, ClassifyJob, StoreBatch
from loupe_shared.result import ModelVersion, Prediction, Result
from tests.factories import ACCOUNT, CONTAINER, NOON, batch_job

MODEL = ModelVersion(name="test", version=1, preprocessing_hash="h")
OTHER = ModelVersion(name="test", version=2, preprocessing_hash="h")


class World:
    """Everything but the job's runner, which may die at any time.

    Attributes:
        model: with which workers answer.
        bad: blobs that cannot be decoded.
        answered: how often a worker has answered each blob.
    """

    def __init__(self, window: int = 8) -> None:
        self.store, self.listing, self.outstanding = MemoryStore(), MemoryListing(4), MemoryOutstanding()
        self.jobs, self.announcer, self.queue = MemoryJobs(), MemoryAnnouncer(), MemoryPublisher()
        self.model, self.bad, self.window = MODEL, set[str](), window
        self.answered: dict[str, int] = {}
        self.seconds = 0.0

    def upload(self, name: str, etag: str = "0x1", type_: str = "image/jpeg") -> None:
        """A blob, of which no event comes."""
        self.listing.blobs[name] = Listed(name, etag, format_datetime(NOON, usegmt=True), 7, type_)

    def answer(self, image: ImageRef, at: datetime = NOON - timedelta(days=1)) -> None:
        """An answer of the present model."""
        self.store.write([self._result(image, at)])

    def submit(self, *chunks: Chunk, **changes: Any) -> BatchJob:  # noqa: ANN401
        """A job."""
        job = batch_job(**({"mini_batch_size": 2} | changes))
        self.jobs.create(job, chunks)
        return job

    def runner(self, job_id: str) -> Runner:
        """A new runner of a job, which knows what the store knows. The lease of whoever had it before has ended."""
        job = self.jobs.find(job_id)
        if job is None:
            raise AssertionError
        ledger = Ledger(job, self.jobs, self.announcer, f"runner {self.seconds}")
        ledger.take()
        return Runner(ledger, self.jobs.chunks(job_id), self.tools(job), lambda: self.seconds)

    def tools(self, job: BatchJob) -> Tools:
        """What it takes to run a job."""
        return Tools(
            source=open_source(job, self.listing, self.store, CONTAINER),
            judge=Judge(job, self.store, self.listing, (ACCOUNT, CONTAINER)),
            dispatch=Dispatch(
                self.queue, self.outstanding, job.mini_batch_size, BackfillJob, known_of(job, self.store)
            ),
            outstanding=self.outstanding,
            answers=None,
            window=self.window,
        )

    def work(self, messages: int = 1) -> None:
        """Workers handle some messages: outcomes are stored, then struck out of the record."""
        for _ in range(min(messages, len(self.queue.messages))):
            message = self.queue.messages.pop(0)
            assert isinstance(message, ClassifyJob | StoreBatch)
            results = (
                message.results
                if isinstance(message, StoreBatch)
                else [self._result(image, NOON + timedelta(hours=1)) for image in message.images]
            )
            for result in results:
                self.answered[result.image.blob] = self.answered.get(result.image.blob, 0) + 1
            self.store.write(results)
            self.outstanding.settle([result.image for result in results])

    def run(self, runner: Runner, job_id: str, steps: int = 500) -> BatchJob:
        """Let runner and workers work until the job has ended."""
        for _ in range(steps):
            runner.step()
            self.work(2)
            self.seconds += 1
            job = self.jobs.find(job_id)
            if job and job.state in FINAL:
                return job
        raise AssertionError(f"the job has not ended: {self.jobs.find(job_id)}")

    def _result(self, image: ImageRef, at: datetime) -> Result:
        if image.blob in self.bad:
            return Result(
                image=image,
                outcome=Outcome.REJECTED,
                reason=Reason.CORRUPT,
                detail="cannot be decoded",
                model=self.model,
                completed_at=at,
            )
        predictions = (Prediction(label="cat", score=0.9),)
        return Result(
            image=image, outcome=Outcome.CLASSIFIED, predictions=predictions, model=self.model, completed_at=at
        )
