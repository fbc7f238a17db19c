"""Batch jobs in Azure Cosmos DB for NoSQL, laid out as ``cosmos_job_documents.py`` says."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice

from azure.cosmos import ContainerProxy, DatabaseProxy

from loupe_shared.adapters.cosmos_batches import MAX_OPERATIONS, Operation, put
from loupe_shared.adapters.cosmos_container import WRITE_PATIENCE_S, CosmosContainer, open_container
from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.adapters.cosmos_job_documents import (
    chunks_of,
    container_arguments,
    failures_document,
    failures_of,
    failures_query,
    images_query,
    job_document,
    job_of,
    jobs_query,
    open_query,
    part_documents,
)
from loupe_shared.adapters.cosmos_requests import Conflict, Unanswered
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.batch.job import FINAL, BatchJob, Chunk, Failure, State
from loupe_shared.batch.ports import JobChanged, Place
from loupe_shared.settings import StoreSettings

FAILURE_DOCUMENTS = 20  # in an answer: up to 1,000 failures each

_NOWHERE = "none"  # no job has this id


def open_cosmos_jobs(settings: StoreSettings) -> "CosmosJobs":
    """A store on the configured container.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    return CosmosJobs(open_container(settings, settings.cosmos_job_container))


def create_job_container(database: DatabaseProxy, name: str) -> ContainerProxy:
    """A new, empty container, for accounts and emulators in which no infrastructure code makes it."""
    created: ContainerProxy = database.create_container(name, **container_arguments())
    return created


class CosmosJobs:
    """``JobStore`` in a container.

    A job's document is what counts. It is replaced only if it still has the etag with which it was read, and names the
    documents with the images of its chunks.

    Args:
        container: made with ``container_arguments``.
        governor: gives requests their turns.
    """

    def __init__(self, container: ContainerProxy, governor: Governor | None = None) -> None:
        self._container = CosmosContainer(container, governor or Governor())

    def create(self, job: BatchJob, chunks: Sequence[Chunk] = ()) -> None:
        """See ``JobStore.create``."""
        write, deadline = _new_write(), self._container.now() + WRITE_PATIENCE_S
        parts = {str(chunk.number): self._keep_images(job, chunk, write, deadline) for chunk in chunks}
        self._commit(None, job_document(job, parts, write, None), [], deadline)

    def find(self, job_id: str) -> BatchJob | None:
        """See ``JobStore.find``."""
        document = self._container.document(job_id, job_id)
        return job_of(document) if document else None

    def page(self, states: Collection[State], limit: int, before: str | None = None) -> list[BatchJob]:
        """See ``JobStore.page``."""
        return [job_of(document) for document in self._container.query(jobs_query(states, limit, before))]

    def replace(
        self,
        job: BatchJob,
        *,
        begun: Chunk | None = None,
        ended: int | None = None,
        failures: Sequence[Failure] = (),
    ) -> BatchJob:
        """See ``JobStore.replace``."""
        write, deadline = _new_write(), self._container.now() + WRITE_PATIENCE_S
        before = self._container.document(job.id, job.id, deadline)
        if before is None or before["revision"] != job.revision:
            raise _changed(job.id)
        after = job.model_copy(update={"revision": job.revision + 1})
        parts, others = dict(before["parts"]), list[Document]()
        gone = [] if ended is None else parts.pop(str(ended), [])
        if ended is not None and failures:
            first, *rest = part_documents("more", job.id, ended, write, failures)
            self._keep(rest, deadline)
            others.append(failures_document(first, rest))
        if begun:
            parts[str(begun.number)] = self._keep_images(job, begun, write, deadline)
        operations = [Operation("upsert", (document,), {}) for document in others]
        operations += [Operation("delete", (id_,), {}) for id_ in gone]
        is_final = job.state in FINAL
        self._commit(before, job_document(after, {} if is_final else parts, write, before), operations, deadline)
        if is_final:
            self._forget_images(job.id, deadline)
        return after

    def chunks(self, job_id: str) -> list[Chunk]:
        """See ``JobStore.chunks``."""

        def read() -> list[Chunk]:
            documents = {
                document["id"]: document for document in self._container.items(open_query(), partition_key=job_id)
            }
            try:
                return chunks_of(documents[job_id], documents) if job_id in documents else []
            except KeyError as error:  # something was written while pages were read
                raise Unanswered(f"Cosmos DB does not show all chunks of job {job_id} at once") from error

        return self._container.until_answered(read)

    def failures(self, job_id: str, limit: int, after: Place | None = None) -> list[tuple[Place, Failure]]:
        """See ``JobStore.failures``."""
        found = self._failures(job_id, after.chunk if after else 0)
        return list(islice((one for one in found if after is None or one[0] > after), limit))

    def check(self) -> None:
        """See ``JobStore.check``."""
        self._container.document(_NOWHERE, _NOWHERE)

    def close(self) -> None:
        """See ``JobStore.close``. The SDK's connections end with the process."""

    def _commit(self, before: Document | None, after: Document, others: Sequence[Operation], deadline: float) -> None:
        """Write a job's document, and what changes with it, if the job is still as it was before."""
        job_id = after["id"]
        attempts = self._container.attempts(deadline)
        while True:
            # Anew for each attempt, because the SDK takes the etag out of it.
            batch = [put(after, {job_id: before} if before else {}), *others]
            try:
                attempts.make(lambda: self._container.container.execute_item_batch(batch, job_id))  # noqa: B023
            except Throttled:
                continue
            except (Conflict, Unanswered):
                found = self._container.document(job_id, job_id, deadline)
                if found and after["writes"][0] in found["writes"]:
                    return
                if found and before is None:
                    raise JobChanged(f"there is a job {job_id} already") from None
                if before and (found is None or found["revision"] != before["revision"]):
                    raise _changed(job_id) from None
            else:
                return

    def _keep_images(self, job: BatchJob, chunk: Chunk, write: str, deadline: float) -> list[str]:
        """Write the images of a chunk. Returns the ids of the documents."""
        documents = part_documents("images", job.id, chunk.number, write, chunk.images)
        self._keep(documents, deadline)
        return [document["id"] for document in documents]

    def _keep(self, documents: Sequence[Document], deadline: float) -> None:
        """Write documents that no other names yet. To do so again changes nothing."""
        for document in documents:
            self._container.until_answered(partial(self._container.container.upsert_item, document), deadline)

    def _forget_images(self, job_id: str, deadline: float) -> None:
        attempts = self._container.attempts(deadline)
        while found := self._container.query(images_query(), job_id, deadline):
            batch = [Operation("delete", (document["id"],), {}) for document in found[:MAX_OPERATIONS]]
            with suppress(Conflict, Throttled, Unanswered):
                attempts.make(lambda: self._container.container.execute_item_batch(batch, job_id))  # noqa: B023

    def _failures(self, job_id: str, first: int) -> Iterator[tuple[Place, Failure]]:
        """Those of a chunk and of all after it."""
        for page in self._container.pages(failures_query(first), job_id, size=FAILURE_DOCUMENTS):
            for document in page:
                parts = [document, *(self._more(job_id, id_) for id_ in document["more"])]
                failures = (failure for part in parts for failure in failures_of(part))
                yield from ((Place(document["number"], number), one) for number, one in enumerate(failures))

    def _more(self, job_id: str, id_: str) -> Document:
        return self._container.until_answered(lambda: self._container.container.read_item(id_, job_id))


def _new_write() -> str:
    return uuid.uuid4().hex[:12]


def _changed(job_id: str) -> JobChanged:
    return JobChanged(f"job {job_id} is not as it was read: read it again")
