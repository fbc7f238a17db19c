"""Queries of the archive in Cosmos DB: their text, and the values that they are asked with."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.domain import microseconds
from loupe_shared.listing import Order, Position, ResultFilter, Sort
from loupe_shared.result import Embedding


class Query(NamedTuple):
    """A query, as the SDK takes it."""

    text: str
    parameters: list[Document]


_SORTED_BY = {Sort.TIME: "c.completed_us", Sort.SCORE: "c.score", Sort.UNCERTAINTY: "c.uncertainty"}
_CONDITIONS = {
    "container": "c.image.container = @container",
    "prefix": "STARTSWITH(c.image.blob, @prefix)",
    "label": "c.label = @label",
    "min_score": "c.score >= @min_score",
    "max_score": "c.score <= @max_score",
    "min_uncertainty": "c.uncertainty >= @min_uncertainty",
    "max_uncertainty": "c.uncertainty <= @max_uncertainty",
    "model": "c.model_id = @model",
    "outcome": "c.outcome = @outcome",
    "reason": "c.reason = @reason",
    "reviewed": "c.reviewed = @reviewed",
    "since": "c.completed_us >= @since",
    "until": "c.completed_us < @until",
}


# The property is there only if it is true. Older containers have no index of it, but one of what is reviewed.
_CONFLICT = {True: "c.reviewed = true AND c.conflict = true", False: "NOT IS_DEFINED(c.conflict)"}


def page_query(wanted: ResultFilter, order: Order, limit: int, after: Position | None) -> Query:
    """Results of a page, and one more to show that there is a next page."""
    conditions, values = ["c.kind = 'result'"], dict[str, object]()
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(condition)
            values[name] = microseconds(value) if name in ("since", "until") else value
    if wanted.conflict is not None:
        conditions.append(_CONFLICT[wanted.conflict])
    column = _SORTED_BY[order.sort]
    if order.sort is not Sort.TIME:
        conditions.append(f"IS_DEFINED({column})")
    direction, beyond = ("ASC", ">") if order.ascending else ("DESC", "<")
    if after:
        conditions.append(f"({column} {beyond} @value OR ({column} = @value AND c.id {beyond} @id))")
        values |= {"value": after.value, "id": after.id}
    # All results of the list have the same label. It is named so that the index applies that begins with it.
    columns = ["c.label"] * (wanted.label is not None) + [column, "c.id"]
    ordered = ", ".join(f"{name} {direction}" for name in columns)
    return _query(f"SELECT TOP {limit + 1} * FROM c WHERE {' AND '.join(conditions)} ORDER BY {ordered}", values)  # noqa: S608


def known_query(container: str, prefix: str, after: str, limit: int) -> Query:
    """Names, etags and outcomes in the order of names. To sort by one property takes no composite index."""
    named = " AND STARTSWITH(c.image.blob, @prefix)" if prefix else ""
    return _query(
        f"SELECT TOP {limit} c.image.blob, c.image.etag, c.outcome FROM c WHERE c.kind = 'result' "  # noqa: S608
        f"AND c.image.container = @container AND c.image.blob > @after{named} ORDER BY c.image.blob ASC",
        {"container": container, "after": after} | ({"prefix": prefix} if prefix else {}),
    )


def documents_query(ids: Sequence[str]) -> Query:
    """Documents by their ids, for one bucket."""
    condition, values = _among("id", ids)
    return _query(f"SELECT * FROM c WHERE {condition}", values)  # noqa: S608


def scattered_query(ids: Sequence[str], buckets: Sequence[str]) -> Query:
    """Documents by their ids, for several buckets. These tell the service which partitions need not be asked."""
    in_buckets, values = _among("bucket", buckets)
    are_these, wanted = _among("id", ids)
    return _query(f"SELECT * FROM c WHERE {in_buckets} AND {are_these}", values | wanted)  # noqa: S608


def history_query(image_id: str) -> Query:
    """What an image showed before, for its bucket. Ids begin with the image's, and are always indexed."""
    return _query("SELECT * FROM c WHERE STARTSWITH(c.id, @image) AND c.kind = 'history'", {"image": image_id})


def counts_query(changed_since: int) -> Query:
    """Counts documents that have changed since a time of the service, in seconds."""
    return _query("SELECT * FROM c WHERE c.kind = 'counts' AND c._ts >= @since", {"since": changed_since})


def nearest_query(space: str, embedding: Embedding, limit: int) -> Query:
    """The embeddings nearest to one. TOP must be a number in the text, or else the SDK refuses the query."""
    similarity = "VectorDistance(c.vector, @vector)"
    return _query(
        f"SELECT TOP {limit} c.id, {similarity} AS similarity FROM c "  # noqa: S608
        f"WHERE c.kind = 'embedding' AND c.space = @space ORDER BY {similarity}",
        {"vector": list(memoryview(embedding.values).cast("b")), "space": space},
    )


def _among(name: str, values: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The condition that a property is one of some values, and these as parameters."""
    parameters = {f"{name}{number}": value for number, value in enumerate(values)}
    return f"c.{name} IN ({', '.join(f'@{parameter}' for parameter in parameters)})", parameters


def _query(text: str, values: Mapping[str, object]) -> Query:
    """Texts are made of constants of this module and of numbers; everything else is a parameter."""
    return Query(text, [{"name": f"@{name}", "value": value} for name, value in values.items()])
