"""The archive as a file: streamed page by page, so that memory does not grow with its length."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from loupe_query.parquet import to_parquet
from loupe_shared.adapters.web import describe
from loupe_shared.api.filters import ExportQuery
from loupe_shared.listing import Order, Position, ResultFilter
from loupe_shared.ports import ResultStore

CHUNK = 1000
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]

_FROM_IMAGE = ("container", "blob", "etag", "uploaded_at", "content_length")
_FROM_RESULT = ("outcome", "reason", "detail", "label", "score", "uncertainty", "completed_at", "stored_at")
_FROM_PROPERTIES = ("format", "width", "height")
_FROM_REVIEW = ("label", "reviewer", "reviewed_at")
COLUMNS = (
    *_FROM_IMAGE,
    *_FROM_RESULT,
    "model",
    "model_precision",
    *_FROM_PROPERTIES,
    "review_label",
    "reviewer",
    "reviewed_at",
)


def export_router(store: ResultStore) -> APIRouter:
    """The route that exports what a store has."""
    router = APIRouter(prefix="/v1", tags=["archive"], responses=describe(422, 503))

    @router.get(
        "/export",
        summary="Export images",
        description="The newest first. If it breaks off, the connection is closed without the end of the answer.",
        response_class=StreamingResponse,
        responses={200: {"content": {media_type: {} for media_type, _ in _FORMATS.values()}}},
    )
    def export(query: Annotated[ExportQuery, Query()]) -> StreamingResponse:
        media_type, write = _FORMATS[query.format]
        chunks = _chunks(store, query.wanted(query.since, query.until))
        first = next(chunks)  # what is wrong from the beginning is a clear answer and no broken file
        headers = {"Content-Disposition": f'attachment; filename="loupe.{query.format}"'}
        return StreamingResponse(write(_chain(first, chunks)), media_type=media_type, headers=headers)

    return router


def _chunks(store: ResultStore, wanted: ResultFilter) -> Iterator[tuple[str, ...]]:
    """The documents of a list; at least one chunk, which may be empty."""
    after: Position | None = None
    while True:
        page = store.page(wanted, Order(), CHUNK, after)
        yield page.documents
        if page.next is None:
            return
        after = page.next


def _chain(first: tuple[str, ...], others: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield first
    yield from others


def row(document: str) -> Row:
    """A result as one row of ``COLUMNS``."""
    result = json.loads(document)
    image, model = result["image"], result["model"] or {}
    properties, review = result["properties"] or {}, result["review"] or {}
    values = [
        *(image[name] for name in _FROM_IMAGE),
        *(result[name] for name in _FROM_RESULT),
        f"{model['name']}:{model['version']}" if model else None,
        model.get("precision"),
        *(properties.get(name) for name in _FROM_PROPERTIES),
        *(review.get(name) for name in _FROM_REVIEW),
    ]
    return dict(zip(COLUMNS, values, strict=True))


def _to_csv(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for documents in chunks:
        writer.writerows({name: _harmless(value) for name, value in row(document).items()} for document in documents)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: names and labels are chosen by anybody."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


def _to_json_lines(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    for documents in chunks:
        yield "".join(f"{document}\n" for document in documents).encode()


def _to_parquet(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    return to_parquet([row(document) for document in documents] for documents in chunks)


_FORMATS: dict[str, tuple[str, Callable[[Iterator[tuple[str, ...]]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", _to_csv),
    "jsonl": ("application/jsonl", _to_json_lines),
    "parquet": ("application/vnd.apache.parquet", _to_parquet),
}
