"""How batch jobs lie in Cosmos DB: addresses, documents, indexes and queries.

Partition key: ``job``, the job's id. So a transactional batch changes a job together with the failures of a chunk.

A batch may be smaller than a chunk. So the images of a chunk are written before the job's document names them, under
ids that nobody else uses: what no document names is not there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from azure.cosmos import PartitionKey
from pydantic_core import to_json

from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.adapters.cosmos_queries import Query
from loupe_shared.batch.job import BatchJob, Chunk, Failure, State
from loupe_shared.domain import Model

PARTITION_KEY = "/job"
# Of the items in one document. All images of a chunk fit, unless names are extremely long.
PART_BYTES = 500_000
RECENT = 40  # changes of a job whose names it keeps

_INDEXED = ("job", "kind", "state", "number")

Parts = Mapping[str, Sequence[str]]


def container_arguments() -> dict[str, Any]:
    """What a new container is created with, but for its name."""
    indexing: Document = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": f"/{path}/?"} for path in _INDEXED],
        "excludedPaths": [{"path": "/*"}],
    }
    return {"partition_key": PartitionKey(PARTITION_KEY), "indexing_policy": indexing}


def job_document(job: BatchJob, parts: Parts, write: str, before: Document | None) -> Document:
    """A job.

    Args:
        job: to be written.
        parts: by the number of each chunk that has not ended, the ids of its documents.
        write: a name of this change, by which is known later whether it was made.
        before: the job's document until now; nothing for a new job.
    """
    writes = [write, *(before["writes"] if before else ())][:RECENT]
    fields = job.model_dump(mode="json", exclude_none=True)
    return fields | {"job": job.id, "kind": "job", "parts": dict(parts), "writes": writes}


def job_of(document: Document) -> BatchJob:
    """The job in a document of the kind ``job``."""
    return BatchJob.model_validate(document)


def part_documents(kind: str, job_id: str, number: int, write: str, items: Sequence[Model]) -> list[Document]:
    """Images or failures of a chunk, in documents of names that nobody else uses."""
    return [
        {"id": f"{kind}-{number}-{write}-{place}", "job": job_id, "kind": kind, "number": number, "items": part}
        for place, part in enumerate(_split(items))
    ]


def failures_document(first: Document, others: Sequence[Document]) -> Document:
    """The failures of a chunk, of which a document has what it can, and names those with the rest."""
    more = [document["id"] for document in others]
    return first | {"id": f"failures-{first['number']}", "kind": "failures", "more": more}


def failures_of(document: Document) -> list[Failure]:
    """Those in one document."""
    return [Failure.model_validate(item) for item in document["items"]]


def chunks_of(job: Document, documents: Mapping[str, Document]) -> list[Chunk]:
    """The chunks of a job, by number.

    Args:
        job: its document.
        documents: with the images, by id.

    Raises:
        KeyError: one is missing.
    """
    parts = {int(number): [documents[id_] for id_ in ids] for number, ids in job["parts"].items()}
    return [
        Chunk.model_validate({"number": number, "images": [item for part in parts[number] for item in part["items"]]})
        for number in sorted(parts)
    ]


def jobs_query(states: Collection[State], limit: int, before: str | None) -> Query:
    """Jobs, the newest first. To sort by one property takes no composite index."""
    named = {f"state{number}": str(state) for number, state in enumerate(states)}
    conditions = ["c.kind = 'job'"]
    if states:
        conditions.append(f"c.state IN ({', '.join(f'@{name}' for name in named)})")
    if before is not None:
        conditions.append("c.job < @before")
        named["before"] = before
    text = f"SELECT TOP {limit} * FROM c WHERE {' AND '.join(conditions)} ORDER BY c.job DESC"  # noqa: S608
    return Query(text, [{"name": f"@{name}", "value": value} for name, value in named.items()])


def open_query() -> Query:
    """A job and the images of its chunks, for its partition."""
    return Query("SELECT * FROM c WHERE c.kind IN ('job', 'images')", [])


def images_query() -> Query:
    """The documents with images of chunks, for a job's partition."""
    return Query("SELECT c.id FROM c WHERE c.kind = 'images'", [])


def failures_query(first: int) -> Query:
    """The failures of a chunk and of those after it, for a job's partition."""
    text = "SELECT * FROM c WHERE c.kind = 'failures' AND c.number >= @first ORDER BY c.number ASC"
    return Query(text, [{"name": "@first", "value": first}])


def _split(items: Sequence[Model]) -> Iterator[list[Document]]:
    part, free = list[Document](), PART_BYTES
    for item in items:
        document = item.model_dump(mode="json", exclude_none=True)
        size = len(to_json(document)) + 1
        if part and size > free:
            yield part
            part, free = [], PART_BYTES
        part.append(document)
        free -= size
    if part:
        yield part
