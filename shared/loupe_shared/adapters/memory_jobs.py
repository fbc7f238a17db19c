"""Batch jobs without a server, for tests and experiments."""

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence

from loupe_shared.batch.job import FINAL, BatchJob, Chunk, Failure, State
from loupe_shared.batch.ports import JobChanged, Place


class MemoryJobs:
    """``JobStore`` in dictionaries. Jobs are kept as the documents that other stores keep."""

    def __init__(self) -> None:
        self._jobs: dict[str, str] = {}
        self._chunks: dict[str, dict[int, Chunk]] = defaultdict(dict)
        self._failures: dict[str, dict[Place, Failure]] = defaultdict(dict)
        self._lock = threading.Lock()

    def create(self, job: BatchJob, chunks: Sequence[Chunk] = ()) -> None:
        """See ``JobStore.create``."""
        with self._lock:
            if job.id in self._jobs:
                raise JobChanged(f"there is a job {job.id} already")
            self._jobs[job.id] = job.to_json()
            self._chunks[job.id] = {chunk.number: chunk for chunk in chunks}

    def find(self, job_id: str) -> BatchJob | None:
        """See ``JobStore.find``."""
        with self._lock:
            document = self._jobs.get(job_id)
        return BatchJob.model_validate_json(document) if document else None

    def page(self, states: Collection[State], limit: int, before: str | None = None) -> list[BatchJob]:
        """See ``JobStore.page``."""
        with self._lock:
            jobs = [BatchJob.model_validate_json(self._jobs[id_]) for id_ in sorted(self._jobs, reverse=True)]
        listed = [job for job in jobs if (not states or job.state in states) and (before is None or job.id < before)]
        return listed[:limit]

    def replace(
        self,
        job: BatchJob,
        *,
        begun: Chunk | None = None,
        ended: int | None = None,
        failures: Sequence[Failure] = (),
    ) -> BatchJob:
        """See ``JobStore.replace``."""
        after = job.model_copy(update={"revision": job.revision + 1})
        with self._lock:
            document = self._jobs.get(job.id)
            if document is None or BatchJob.model_validate_json(document).revision != job.revision:
                raise JobChanged(f"job {job.id} is not as it was read: read it again")
            self._jobs[job.id] = after.to_json()
            if ended is not None:
                self._chunks[job.id].pop(ended, None)
                self._failures[job.id].update({Place(ended, number): one for number, one in enumerate(failures)})
            if begun:
                self._chunks[job.id][begun.number] = begun
            if job.state in FINAL:
                self._chunks.pop(job.id, None)
        return after

    def chunks(self, job_id: str) -> list[Chunk]:
        """See ``JobStore.chunks``."""
        with self._lock:
            return sorted(self._chunks.get(job_id, {}).values(), key=lambda chunk: chunk.number)

    def failures(self, job_id: str, limit: int, after: Place | None = None) -> list[tuple[Place, Failure]]:
        """See ``JobStore.failures``."""
        with self._lock:
            failures = self._failures.get(job_id, {})
            return [(place, failures[place]) for place in sorted(failures) if after is None or place > after][:limit]

    def check(self) -> None:
        """See ``JobStore.check``."""

    def close(self) -> None:
        """See ``JobStore.close``."""
