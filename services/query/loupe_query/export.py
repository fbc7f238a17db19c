"""The archive as a file: streamed page by page, so that memory does not grow with its length."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from loupe_shared.adapters.web import describe
from loupe_shared.api.filters import ExportQuery
from loupe_shared.domain import ImageRef, Model
from loupe_shared.embedded import embeddings_of
from loupe_shared.listing import Order, Position, ResultFilter
from loupe_shared.ports import ResultStore
from loupe_shared.rows.columns import Row, csv_rows, embedded_row, row
from loupe_shared.rows.parquet import to_parquet

CHUNK = 1000


class _Shown(Model):
    """Which image a document is of."""

    image: ImageRef


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
        whole = _chain(first, chunks)
        content = _with_embeddings(store, whole) if query.embeddings else write(whole)
        return StreamingResponse(content, media_type=media_type, headers=headers)

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


def _to_csv(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    for number, documents in enumerate(chunks):
        yield csv_rows(map(row, documents), header=not number)


def _to_json_lines(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    for documents in chunks:
        yield "".join(f"{document}\n" for document in documents).encode()


def _to_parquet(chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    return to_parquet([row(document) for document in documents] for documents in chunks)


def _with_embeddings(store: ResultStore, chunks: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    return to_parquet((_embedded_rows(store, documents) for documents in chunks), embedded=True)


def _embedded_rows(store: ResultStore, documents: tuple[str, ...]) -> list[Row]:
    by_id = {_Shown.model_validate_json(document).image.id: document for document in documents}
    embeddings = embeddings_of(store, by_id)
    return [embedded_row(document, embeddings.get(id_)) for id_, document in by_id.items()]


_FORMATS: dict[str, tuple[str, Callable[[Iterator[tuple[str, ...]]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", _to_csv),
    "jsonl": ("application/jsonl", _to_json_lines),
    "parquet": ("application/vnd.apache.parquet", _to_parquet),
}
