"""How the archive lies in Cosmos DB: addresses, documents and indexes.

Partition key: ``bucket``, a hash of the image's id, so that writes spread over all partitions and the place of an image
follows from its name alone. What belongs to an image lies in its bucket, and so do the counts of the bucket's images,
one document for each day. So a transactional batch changes a result together with all that follows from it.

Lists look at documents of the kind ``result`` alone. What they filter and sort by is at the top of these, and of no
others, so that other kinds cost no index entries.
"""

import hashlib
from typing import Any

from azure.cosmos import PartitionKey

from loupe_shared.domain import microseconds
from loupe_shared.result import Embedding, Result

Document = dict[str, Any]

SCHEMA = 1
# Part of every document's address, so it is written down when a container is new. The fewer there are, the more results
# share a batch; but each holds 20 GB at most.
DEFAULT_BUCKETS = 32
PARTITION_KEY = "/bucket"
LAYOUT = "layout"  # both the id and the bucket of the document that says how the others lie
SECONDS_PER_DAY = 86_400

_ON_WITHOUT_DEFAULT = -1
_EMBEDDING = "-embedding"
_INDEXED = (
    "bucket",
    "kind",
    "space",
    "image/container",
    "image/blob",
    "label",
    "score",
    "uncertainty",
    "model_id",
    "outcome",
    "reason",
    "reviewed",
    "conflict",
    "completed_us",
)
# What lists are sorted by, alone and after a label. Each serves its exact reverse, too.
_SORTED = [(*first, sort, "id") for first in ((), ("label",)) for sort in ("completed_us", "score", "uncertainty")]


def container_arguments(embedding_size: int | None) -> dict[str, Any]:
    """What a new container is created with, but for its name.

    Args:
        embedding_size: of the model; unset for a container in which nobody looks for similar images.
    """
    indexing: Document = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": f"/{path}/?"} for path in _INDEXED],
        "excludedPaths": [{"path": "/*"}],
        "compositeIndexes": [[{"path": f"/{path}", "order": "descending"} for path in paths] for paths in _SORTED],
    }
    arguments: dict[str, Any] = {
        "partition_key": PartitionKey(PARTITION_KEY),
        "default_ttl": _ON_WITHOUT_DEFAULT,  # or else the ttl of a document is ignored
        "indexing_policy": indexing,
    }
    if embedding_size is not None:
        indexing["excludedPaths"].append({"path": "/vector/*"})
        indexing["vectorIndexes"] = [{"path": "/vector", "type": "diskANN"}]
        vector = {"path": "/vector", "dataType": "int8", "distanceFunction": "cosine", "dimensions": embedding_size}
        arguments["vector_embedding_policy"] = {"vectorEmbeddings": [vector]}
    return arguments


def layout_document() -> Document:
    """What is written down in a new container."""
    return {"id": LAYOUT, "bucket": LAYOUT, "kind": "layout", "schema": SCHEMA, "buckets": DEFAULT_BUCKETS}


def bucket_of(image_id: str, buckets: int) -> str:
    """The partition key value of an image."""
    return bucket_name(int(image_id[:8], 16) % buckets)


def bucket_name(number: int) -> str:
    """The partition key value of a bucket."""
    return f"{number:04d}"


def embedding_id(image_id: str) -> str:
    """The id of an image's embedding."""
    return f"{image_id}{_EMBEDDING}"


def image_of_embedding(id_: str) -> str:
    """Of which image an embedding is."""
    return id_.removesuffix(_EMBEDDING)


def history_id(result: Result) -> str:
    """The id of a result that is not shown any more: always the same for the same revision."""
    order, version = result.revision
    digest = hashlib.blake2b(f"{order}/{version}".encode(), digest_size=12).hexdigest()
    return f"{result.image.id}-{digest}"


def counts_id(day: str) -> str:
    """The id of a bucket's counts of a day."""
    return f"counts-{day}"


def day_of(document: Document) -> str:
    """On which day a result is counted."""
    completed_at: str = document["completed_at"]
    return completed_at[: len("2026-11-22")]


def result_document(bucket: str, result: Result, *, embedded: bool) -> Document:
    """A result that is shown. What it does not have is left out.

    Args:
        bucket: of the image.
        result: to be written.
        embedded: whether its embedding lies beside it.
    """
    fields = result.model_dump(mode="json", exclude={"embedding"}, exclude_none=True)
    if not result.conflict:  # so that only conflicts cost an entry of the index
        del fields["conflict"]
    if result.model:
        fields["model_id"] = str(result.model)
    return fields | {
        "id": result.image.id,
        "bucket": bucket,
        "kind": "result",
        "completed_us": microseconds(result.completed_at),
        "reviewed": result.review is not None,
        "embedded": embedded,
    }


def history_document(bucket: str, result: Result, ttl: int | None) -> Document:
    """A result that is not shown any more, for so many seconds or for ever."""
    fields = result.model_dump(mode="json", exclude={"embedding"}, exclude_none=True, exclude_computed_fields=True)
    document = {"id": history_id(result), "bucket": bucket, "kind": "history", "result": fields}
    return document if ttl is None else document | {"ttl": ttl}


def embedding_document(bucket: str, image_id: str, space: str, embedding: Embedding) -> Document:
    """An image's embedding."""
    return {
        "id": embedding_id(image_id),
        "bucket": bucket,
        "kind": "embedding",
        "space": space,
        "vector": list(memoryview(embedding.values).cast("b")),
        "scale": embedding.scale,
    }


def result_of(document: Document) -> Result:
    """The result in a document of the kind ``result`` or ``history``."""
    return Result.model_validate(document["result"] if document["kind"] == "history" else document)


def embedding_of(document: Document) -> tuple[str, Embedding]:
    """Space and embedding in a document of the kind ``embedding``."""
    values = bytes(value & 0xFF for value in document["vector"])
    return document["space"], Embedding(values=values, scale=document["scale"])
