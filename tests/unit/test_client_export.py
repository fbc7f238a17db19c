"""Exports through the client: whole or not at all, and in flat memory."""

import csv
import io
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_client import Invalid, Loupe, Unavailable, Unreachable
from loupe_client.exports import lines
from loupe_query import export
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Order, Page, Position, ResultFilter
from tests.apps import archive
from tests.factories import NOON, rejection, result
from tests.unit.test_client import serving


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 7)


@pytest.fixture
def store() -> MemoryStore:
    """A store with a few chunks of images."""
    store = MemoryStore()
    store.write([result(f"ü\u2028\x85\n{n}", completed_at=NOON + timedelta(seconds=n)) for n in range(1, 30)])
    store.write([rejection("bad")])
    return store


def test_images_one_by_one(store: MemoryStore, unused_port: int) -> None:
    with serving(archive(store), unused_port) as url, Loupe(url) as loupe:
        assert [one.image.blob for one in loupe.exported()] == [one.image.blob for one in loupe.images()]
        assert [one.image.blob for one in loupe.exported(outcome="rejected", until=NOON + timedelta(1))] == ["bad"]
        assert next(loupe.exported()).image.blob.endswith("29")
        with pytest.raises(Invalid):
            next(loupe.exported(min_score=2))


def test_files(store: MemoryStore, unused_port: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with serving(archive(store), unused_port) as url, Loupe(url) as loupe:
        loupe.export(tmp_path / "all.csv")
        loupe.export(str(tmp_path / "all.parquet"), "parquet", label="cat")
        loupe.export(buffer, "jsonl")
        loupe.export(tmp_path / "all.csv", since=NOON)
        loupe.export(tmp_path / "learnt.parquet", "parquet", embeddings=True)
    with (tmp_path / "all.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 30
    assert pq.read_table(tmp_path / "all.parquet").num_rows == 29
    assert buffer.getvalue().count(b"\n") == 30
    assert "embedding" in pq.read_schema(tmp_path / "learnt.parquet").names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.parquet", "learnt.parquet"]


class BreakingStore(MemoryStore):
    """A store that goes away."""

    whole = 0

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """Fail after some pages."""
        if not self.whole:
            raise StoreUnavailable("gone")
        self.whole -= 1
        return super().page(wanted, order, limit, after)


def test_what_breaks_off_is_no_file(unused_port: int, tmp_path: Path) -> None:
    store, path = BreakingStore(), tmp_path / "all.csv"
    store.write([result(f"{n}.jpg", completed_at=NOON + timedelta(seconds=n)) for n in range(30)])
    path.write_text("as it was")
    with serving(archive(store), unused_port) as url, Loupe(url, retries=0) as loupe:
        with pytest.raises(Unavailable, match="gone"):
            loupe.export(path)
        store.whole = 3
        with pytest.raises(Unreachable, match="no whole answer"):
            loupe.export(path)
        store.whole = 3
        images = loupe.exported()
        assert len([next(images) for _ in range(7)]) == 7
        with pytest.raises(Unreachable):
            list(images)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["as it was"]


class LongStore(MemoryStore):
    """A store with the same page again and again."""

    document = result("x" * 1000).document()
    pages = 60

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:  # noqa: ARG002
        """A page of a megabyte."""
        number = after.value if after else 0.0
        return Page((self.document,) * 700, Position(number + 1, "0" * 32) if number + 1 < self.pages else None)


class Sink(io.RawIOBase):
    """A file that only counts."""

    length = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: object) -> int:
        """Count."""
        written = len(data)  # type: ignore[arg-type]
        self.length += written
        return written


def test_memory_does_not_grow_with_the_length(unused_port: int) -> None:
    sink = Sink()
    with serving(archive(LongStore()), unused_port) as url, Loupe(url) as loupe:
        loupe.counts()
        tracemalloc.start()
        loupe.export(io.BufferedWriter(sink), "jsonl")
        export_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        images = loupe.exported()
        for _ in range(3000):
            next(images)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        del images  # so that the service need not wait for it
    assert sink.length > 70_000_000
    assert max(export_peak, peak) < 16_000_000  # that of the service, too


@given(st.lists(st.binary(max_size=5)), st.data())
def test_lines_come_whole_however_they_are_cut(texts: list[bytes], data: st.DataObject) -> None:
    whole = [text.replace(b"\n", b"\r") for text in texts]
    rest, chunks = b"".join(text + b"\n" for text in whole), []
    while rest:
        length = data.draw(st.integers(1, len(rest)))
        chunks.append(rest[:length])
        rest = rest[length:]
    assert list(lines(chunks)) == whole
    assert list(lines([*chunks, b"half"])) == [*whole, b"half"]
