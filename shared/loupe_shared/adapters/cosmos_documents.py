"""How results lie in Cosmos DB: addresses, documents, indexes, and the operations that keep counts exact.

Partition key: ``bucket``, a hash of the image's id, so that writes spread over all partitions and the place of an image
follows from its name alone. A bucket holds its results and one ``counts`` document, which changes in the same
transactional batch as the results that it counts; etags make the batch fail as a whole when another writer came first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loupe_shared.domain import Result
from loupe_shared.listing import Position, ResultFilter, timestamp

Document = dict[str, Any]

# Part of every document's address: it can only change together with a copy of all documents. The fewer there are, the
# more results a batch has; but each holds 20 GB at most, which is some 13 million results.
BUCKETS = 32
PARTITION_KEY = "/bucket"
COUNTS_ID = "counts"

INDEXING_POLICY = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [
        {"path": f"/{path}/?"}
        for path in ("bucket", "kind", "image/container", "label", "score", "outcome", "completed", "id")
    ],
    "excludedPaths": [{"path": "/*"}],
    "compositeIndexes": [[{"path": f"/{path}", "order": "descending"} for path in ("completed", "id")]],
}

_CONDITIONS = {
    "container": "c.image.container = @container",
    "label": "c.label = @label",
    "min_score": "c.score >= @min_score",
    "outcome": "c.outcome = @outcome",
    "since": "c.completed >= @since",
    "until": "c.completed < @until",
}


def bucket(image_id: str) -> str:
    """The partition key value of an image."""
    return f"{int(image_id[:8], 16) % BUCKETS:02d}"


def operations(key: str, results: Sequence[Result], known: Mapping[str, Document]) -> list[Any]:
    """The batch that stores those results that are newer than what is known, and then counts them; empty if none is.

    Args:
        key: the bucket.
        results: of different images of the bucket.
        known: the bucket's documents of these images and its counts, by id.
    """
    before = known.get(COUNTS_ID, {"id": COUNTS_ID, "bucket": key, "kind": "counts", "outcomes": {}, "labels": {}})
    counts = {**before, "outcomes": dict(before["outcomes"]), "labels": dict(before["labels"])}
    batch: list[Any] = []
    for result in results:
        document = known.get(result.image.id)
        if document:
            replaced = result_of(document)
            if result.revision <= replaced.revision:
                continue
            _count(counts, replaced, -1)
        _count(counts, result, 1)
        batch.append(_put(_document(key, result), document))
    if batch:
        batch.append(_put(counts, known.get(COUNTS_ID)))
    return batch


def counts_after(batch: Sequence[Any], answers: Sequence[Mapping[str, Any]]) -> Document:
    """The counts as a batch left them, which was the last that it wrote.

    Args:
        batch: made by ``operations``.
        answers: what became of each operation.
    """
    _, (*_, counts), _ = batch[-1]
    return {**counts, "_etag": answers[-1]["eTag"]}


def _put(document: Document, known: Document | None) -> Any:  # noqa: ANN401  (the SDK's own loose type)
    """Write only if the document is still what was read: absent, or of the same etag."""
    if known is None:
        return ("create", (document,), {})
    return ("replace", (document["id"], document), {"if_match_etag": known["_etag"]})


def _count(counts: Document, result: Result, images: int) -> None:
    counts["outcomes"][result.outcome] = counts["outcomes"].get(result.outcome, 0) + images
    if result.label:
        counts["labels"][result.label] = counts["labels"].get(result.label, 0) + images


def _document(key: str, result: Result) -> Document:
    # ``completed`` has a fixed width, unlike ISO 8601 times as JSON has them, so that text order is time order.
    return {
        **result.model_dump(mode="json", exclude_none=True),
        "id": result.image.id,
        "bucket": key,
        "kind": "result",
        "completed": timestamp(result.completed_at),
    }


def result_of(document: Document) -> Result:
    """The result in a document."""
    return Result.model_validate(document)


def page_query(wanted: ResultFilter, limit: int, after: Position | None) -> tuple[str, list[Document]]:
    """The query for a page of results, with one more to show that there is a next page, and its parameters."""
    conditions, parameters = ["c.kind = 'result'"], []
    for field, condition in _CONDITIONS.items():
        value = getattr(wanted, field)
        if value is not None:
            conditions.append(condition)
            text = timestamp(value) if field in ("since", "until") else value
            parameters.append({"name": f"@{field}", "value": text})
    if after:
        conditions.append("(c.completed < @completed OR (c.completed = @completed AND c.id < @id))")
        parameters += [{"name": "@completed", "value": after.completed_at}, {"name": "@id", "value": after.id}]
    query = (
        f"SELECT TOP {limit + 1} * FROM c WHERE {' AND '.join(conditions)} "  # noqa: S608  (constants of this module)
        "ORDER BY c.completed DESC, c.id DESC"
    )
    return query, parameters
