"""Rows as a Parquet file, written as they come."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from loupe_shared.rows.columns import EMBEDDING_COLUMNS

ROW_GROUP = 20_000
EMBEDDED_ROW_GROUP = 2_000  # a row with an embedding is some ten times as long


def to_parquet(chunks: Iterable[list[dict[str, Any]]], *, embedded: bool = False) -> Iterator[bytes]:
    """The bytes of a file; a row group is in memory at a time.

    Args:
        chunks: rows of ``COLUMNS``.
        embedded: whether they have ``EMBEDDING_COLUMNS``, too.
    """
    # Takes a tenth of a second and 50 MB, which a process that exports nothing need not have.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    text, number, moment = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [
            *((name, text) for name in ("container", "blob", "etag")),
            ("uploaded_at", moment),
            ("content_length", number),
            *((name, text) for name in ("outcome", "reason", "detail", "label")),
            *((name, pa.float64()) for name in ("score", "uncertainty")),
            *((name, moment) for name in ("completed_at", "stored_at")),
            *((name, text) for name in ("model", "model_precision", "format")),
            *((name, number) for name in ("width", "height")),
            *((name, text) for name in ("review_label", "reviewer")),
            ("reviewed_at", moment),
        ]
    )
    if embedded:
        for name, type_ in zip(EMBEDDING_COLUMNS, (pa.bool_(), text, pa.binary(), pa.float32()), strict=True):
            schema = schema.append(pa.field(name, type_))
    texts = [field.name for field in schema if field.type == text]
    row_group = EMBEDDED_ROW_GROUP if embedded else ROW_GROUP
    moments = [field.name for field in schema if field.type == moment]
    sink = io.BytesIO()

    def table(rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401  (pyarrow has no types)
        for row in rows:
            for name in moments:
                row[name] = datetime.fromisoformat(row[name]) if row[name] else None
        return pa.Table.from_pylist(rows, schema)

    with pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=texts) as writer:
        rows: list[dict[str, Any]] = []
        for chunk in chunks:
            rows += chunk
            if len(rows) >= row_group:
                writer.write_table(table(rows))
                rows = []
                yield _drain(sink)
        writer.write_table(table(rows))
    yield _drain(sink)


def _drain(sink: io.BytesIO) -> bytes:
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written
