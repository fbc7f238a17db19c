"""The archive as a file."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from loupe_query import export
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Order, Page, Position, ResultFilter
from loupe_shared.result import Embedding, Result, ResultDocument, Review
from loupe_shared.rows import parquet
from loupe_shared.rows.columns import COLUMNS, EMBEDDING_COLUMNS, row
from tests.apps import api, archive
from tests.factories import NOON, deletion, rejection, result

REVIEW = Review(label="dog", reviewer='Ada "L", née B', reviewed_at=NOON)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """More results than fit into a few chunks and row groups, the newest first."""
    monkeypatch.setattr(export, "CHUNK", 7)
    monkeypatch.setattr(parquet, "ROW_GROUP", 20)
    made = [result(f'ü,"{n}\n.jpg', score=n / 100, completed_at=NOON + timedelta(seconds=n)) for n in range(1, 60)]
    made += [rejection("bad"), deletion("gone", completed_at=NOON - timedelta(hours=1))]
    return sorted(made, key=Position.of, reverse=True)


def exported(written: Sequence[Result], query: str) -> bytes:
    """The bytes of an export."""
    store = MemoryStore()
    store.write(written)
    store.review(result('ü,"7\n.jpg').image.id, REVIEW)
    with api(archive(store)) as client:
        response = client.get(f"/v1/export?{query}")
        assert response.status_code == 200
        assert response.headers["content-disposition"].startswith("attachment")
        return response.content


def test_json_lines(written: list[Result]) -> None:
    lines = exported(written, "format=jsonl").decode().splitlines()
    found = [ResultDocument.model_validate_json(line) for line in lines]
    assert [one.image.blob for one in found] == [one.image.blob for one in written]
    assert [one.review for one in found if one.review] == [REVIEW]


def test_csv(written: list[Result]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(written, "").decode(), newline="")))
    assert [row["blob"] for row in rows] == [one.image.blob for one in written]
    assert [(row["review_label"], row["reviewer"]) for row in rows if row["reviewer"]] == [("dog", REVIEW.reviewer)]
    bad = next(row for row in rows if row["blob"] == "bad")
    assert (bad["outcome"], bad["reason"], bad["score"], bad["model"]) == ("rejected", "corrupt", "", "test:1")


def test_no_cell_of_a_csv_is_a_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(exported([result("=HYPERLINK(1)", "-1")], "").decode(), newline="")))
    assert [(row["blob"], row["label"]) for row in rows] == [("'=HYPERLINK(1)", "'-1")]
    assert json.loads(exported([result("=1")], "format=jsonl"))["image"]["blob"] == "=1"


def test_parquet(written: list[Result]) -> None:
    table = pq.read_table(io.BytesIO(exported(written, "format=parquet&min_score=0.02")))
    chosen = [one for one in written if one.score is not None and one.score >= 0.02]
    assert table.column_names == list(COLUMNS)
    rows: list[dict[str, Any]] = table.to_pylist()
    assert [row["blob"] for row in rows] == [one.image.blob for one in chosen]
    assert [row["score"] for row in rows] == [one.score for one in chosen]
    assert [row["completed_at"] for row in rows] == [one.completed_at for one in chosen]
    assert {row["reviewed_at"] for row in rows} == {None, NOON}


def embedded(one: Result, number: int) -> Result:
    """The result with an embedding of its own."""
    return one.model_copy(update={"embedding": Embedding(values=bytes([number, 255, 128]), scale=0.25 * (number + 1))})


def test_parquet_with_embeddings(written: list[Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "EMBEDDED_ROW_GROUP", 10)
    images = [embedded(one, n) if one.predictions and n % 3 else one for n, one in enumerate(written)]
    file = pq.ParquetFile(io.BytesIO(exported(images, "format=parquet&embeddings=true")))
    assert file.num_row_groups >= 4  # each of which was all that was in memory
    table = file.read()
    assert table.column_names == [*COLUMNS, *EMBEDDING_COLUMNS]
    rows: list[dict[str, Any]] = table.to_pylist()
    assert [row["blob"] for row in rows] == [one.image.blob for one in images]
    told = [(one.embedding.values, one.embedding.scale) if one.embedding else (None, None) for one in images]
    assert [(row["embedding"], row["embedding_scale"]) for row in rows] == told
    assert [row["space"] for row in rows] == ["test:1" if one.embedding else None for one in images]
    assert {row["review_label"] for row in rows} == {None, "dog"}
    assert {row["conflict"] for row in rows} == {False}


class BusyStore(MemoryStore):
    """A store that is written to whenever it is read."""

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """What there was, and then another version of one, and a word on the other."""
        found = super().embeddings(image_ids)
        self.write([embedded(result("a.jpg", "dog", sequencer="02"), 9)])
        for reviewer, label in (("Ada", "lynx"), ("Bob", "cat")):
            self.review(result("b.jpg").image.id, Review(label=label, reviewer=reviewer, reviewed_at=NOON))
        return found


def test_an_embedding_is_never_beside_another_answer() -> None:
    store = BusyStore()
    store.write([embedded(result("a.jpg"), 1), embedded(result("b.jpg"), 2)])
    tables = []
    with api(archive(store)) as client:
        for _ in range(2):
            content = client.get("/v1/export?format=parquet&embeddings=true").content
            rows = pq.read_table(io.BytesIO(content)).to_pylist()
            tables.append({row["blob"]: (row["label"], row["embedding"], row["conflict"]) for row in rows})
    assert tables == [
        {"a.jpg": ("cat", None, False), "b.jpg": ("cat", bytes([2, 255, 128]), False)},
        {"a.jpg": ("dog", bytes([9, 255, 128]), False), "b.jpg": ("cat", bytes([2, 255, 128]), True)},
    ]


def test_embeddings_are_exported_as_parquet_alone() -> None:
    with api(archive()) as client:
        response = client.get("/v1/export?format=csv&embeddings=true")
    assert (response.status_code, "say format=parquet" in response.json()["detail"]) == (422, True)


def test_an_empty_export() -> None:
    assert exported([], "format=jsonl") == b""
    assert exported([], "").decode().strip() == ",".join(COLUMNS)
    assert pq.read_table(io.BytesIO(exported([], "format=parquet"))).num_rows == 0


class BreakingStore(MemoryStore):
    """A store that goes away."""

    pages = 0

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """Fail from the third on."""
        self.pages += 1
        if self.pages > 2:
            raise StoreUnavailable("gone")
        return super().page(wanted, order, limit, after)


def test_a_store_that_is_away_is_a_clear_answer_and_one_that_goes_away_an_unfinished_one(written: list[Result]) -> None:
    store = BreakingStore()
    store.write(written)
    with api(archive(store), raises=True) as client, pytest.raises(RuntimeError, match="already started"):
        client.get("/v1/export?format=jsonl")
    with api(archive(store)) as client:
        assert client.get("/v1/export?format=jsonl").status_code == 503


def test_every_column_is_in_the_schema(written: list[Result]) -> None:
    assert json.loads(written[0].document()).keys() >= {"image", "outcome", "completed_at"}
    assert set(row(written[0].document())) == set(COLUMNS)
