"""Transactional batches for Cosmos DB: a result changes together with its embedding, its history and the counts.

A batch supposes a state of the documents that it depends on. Each of them is created, or replaced if it still has the
etag that it was read with. So a batch applies only if things are as supposed; no lock is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import to_json

from loupe_shared.adapters.cosmos_counts import changes, counts_document
from loupe_shared.adapters.cosmos_documents import (
    Document,
    counts_id,
    embedding_document,
    embedding_id,
    history_document,
    history_id,
    result_document,
    result_of,
)
from loupe_shared.errors import PermanentError
from loupe_shared.result import Result
from loupe_shared.succession import Succession, succeed

MAX_OPERATIONS = 100
MAX_BYTES = 1_200_000
ENVELOPE_BYTES = 300  # verb, id, etag and partition key of an operation, generously


class Operation(NamedTuple):
    """One operation of a batch, as the SDK takes it."""

    verb: str
    arguments: tuple[Any, ...]
    options: dict[str, str]


@dataclass(frozen=True)
class Batch:
    """What is written at once.

    Attributes:
        counts: the counts documents that the first operations write.
        operations: all of them.
        shown: what images show once it has applied.
        taken: of the results it was made for, those that it settles.
        rest: those that did not fit.
    """

    counts: list[Document]
    operations: list[Operation]
    shown: list[Result]
    taken: list[list[Result]]
    rest: list[list[Result]]

    def counts_after(self, answers: Sequence[Mapping[str, Any]]) -> dict[str, Document]:
        """The counts documents as it left them, by id.

        Args:
            answers: what became of each operation.
        """
        # Answers beyond those of the counts are not of interest.
        return {
            document["id"]: document | {"_etag": answer["eTag"]}
            for document, answer in zip(self.counts, answers, strict=False)
        }


def ids_of(arrived: Sequence[Sequence[Result]]) -> list[str]:
    """Of which documents the state must be known before results of images are written, those of their own days."""
    days = {result.completed_at.date().isoformat() for results in arrived for result in results}
    images = [id_ for results in arrived for id_ in (results[0].image.id, *map(history_id, results))]
    return [*map(counts_id, sorted(days)), *images]


def make_batch(
    bucket: str, arrived: Sequence[list[Result]], known: Mapping[str, Document], history_ttl: int | None
) -> Batch:
    """A batch of as many results as fit. No image is in it twice.

    Args:
        bucket: that the images belong to.
        arrived: of each image what arrived, the newest first.
        known: the bucket's documents as they are supposed to be, by id. What is not there is supposed not to exist.
        history_ttl: after how many seconds earlier results are forgotten; unset for never.

    Raises:
        PermanentError: one result alone is too large.
    """
    parts = _parts(bucket, arrived, known, history_ttl)
    while parts:
        batch = _batch(bucket, parts, known, arrived)
        if sum(map(_size, batch.operations)) <= MAX_BYTES:
            return batch
        parts = parts[: len(parts) // 2]
    # The first image alone is too much. What arrived of it earlier may as well be written later.
    first, *others = arrived
    if len(first) == 1:
        raise PermanentError(f"the result of {first[0].image.blob} is too large for Cosmos DB")
    half = len(first) // 2
    return make_batch(bucket, [first[:half], first[half:], *others], known, history_ttl)


def make_review(bucket: str, before: Result, after: Result, known: Mapping[str, Document]) -> Batch:
    """A batch that changes the review of the result that is shown."""
    if before == after:
        return Batch([], [], [], [], [])
    succession = Succession(after, before, (), after)
    return _batch(bucket, [_Part(succession, image_operations(bucket, succession, known, None))], known, [[after]])


class _Part(NamedTuple):
    """What is written of one image."""

    succession: Succession
    operations: list[Operation]


def _parts(
    bucket: str, arrived: Sequence[list[Result]], known: Mapping[str, Document], history_ttl: int | None
) -> list[_Part]:
    """As many as the number of operations allows."""
    parts: list[_Part] = []
    images, days = set[str](), set[str]()
    free = MAX_OPERATIONS
    for results in arrived:
        image_id = results[0].image.id
        document = known.get(image_id)
        succession = succeed(result_of(document) if document else None, results)
        operations = image_operations(bucket, succession, known, history_ttl)
        changed = (succession.current, succession.displaced)
        days |= {result.completed_at.date().isoformat() for result in changed if result}
        free -= len(operations)
        if free < len(days) or image_id in images:
            break
        images.add(image_id)
        parts.append(_Part(succession, operations))
    return parts


def _batch(
    bucket: str, parts: Sequence[_Part], known: Mapping[str, Document], arrived: Sequence[list[Result]]
) -> Batch:
    added = changes(part.succession for part in parts)
    counts = [counts_document(bucket, day, known.get(counts_id(day)), keys) for day, keys in added.items()]
    # First what is most likely to have changed: the operations after one that fails are not done, nor charged.
    operations = [put(document, known) for document in counts]
    operations += [operation for part in parts for operation in part.operations]
    shown = [part.succession.shown for part in parts if part.succession.shown]
    return Batch(counts, operations, shown, list(arrived[: len(parts)]), list(arrived[len(parts) :]))


def image_operations(
    bucket: str, succession: Succession, known: Mapping[str, Document], history_ttl: int | None
) -> list[Operation]:
    """What changes the documents of one image; see ``make_batch``."""
    operations: list[Operation] = []
    current, displaced = succession.current, succession.displaced
    if current:
        id_ = current.image.id
        had_embedding = id_ in known and known[id_]["embedded"]
        # A review is of the same revision, and leaves its embedding as it is.
        stays = displaced is not None and displaced.revision == current.revision
        embedded = current.embedding is not None and current.model is not None
        operations.append(put(result_document(bucket, current, embedded=had_embedding if stays else embedded), known))
        if current.embedding and current.model:
            document = embedding_document(bucket, id_, current.model.embedding_space, current.embedding)
            operations.append(Operation("upsert", (document,), {}))
        elif had_embedding and not stays:
            operations.append(Operation("delete", (embedding_id(id_),), {}))
    # They need no etag: what is earlier now will be for ever. The first of equals stays.
    earlier = (result for result in succession.earlier if history_id(result) not in known)
    return operations + [Operation("upsert", (history_document(bucket, one, history_ttl),), {}) for one in earlier]


def put(document: Document, known: Mapping[str, Document]) -> Operation:
    """Write a document if it is still as it is known: absent, or of the same etag."""
    before = known.get(document["id"])
    if before is None:
        return Operation("create", (document,), {})
    return Operation("replace", (document["id"], document), {"if_match_etag": before["_etag"]})


def _size(operation: Operation) -> int:
    """Bytes of an operation in the body of the request, at most."""
    return len(to_json(operation.arguments[-1])) + ENVELOPE_BYTES
