"""A result as one row of a table, and tables as CSV."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from loupe_shared.result import Embedding

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
# Of a table with embeddings, beside the others.
EMBEDDING_COLUMNS = ("conflict", "space", "embedding", "embedding_scale")


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


def embedded_row(document: str, known: tuple[str, Embedding] | None) -> Row:
    """A result, and space and embedding if it has one, as one row of ``COLUMNS`` and ``EMBEDDING_COLUMNS``.

    Whether reviewers disagree is there because such a table is learnt from.
    """
    told: tuple[object, ...] = (None, None, None)
    if known:
        space, embedding = known
        told = (space, embedding.values, embedding.scale)
    told = (json.loads(document).get("conflict", False), *told)
    return row(document) | dict(zip(EMBEDDING_COLUMNS, told, strict=True))


def csv_rows(rows: Iterable[Row], *, header: bool) -> bytes:
    """Rows of ``COLUMNS`` as CSV, with or without the line of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    if header:
        writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: names and labels are chosen by anybody."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
