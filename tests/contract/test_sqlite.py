"""What only the store in a file must withstand."""

import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_shared.adapters import sqlite, sqlite_lists
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.domain import Outcome, Reason
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.listing import Order, Position, ResultFilter, Sort, sort_value
from loupe_shared.result import Embedding, Result, Review
from tests.factories import NOON, deletion, rejection, result

OPEN = (
    "import sys, pathlib; from loupe_shared.adapters.sqlite import SqliteStore; SqliteStore(pathlib.Path(sys.argv[1]))"
)


def test_several_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    for attempt in range(3):
        command = [sys.executable, "-c", OPEN, str(tmp_path / f"{attempt}.sqlite")]
        processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
        assert [(p.communicate(timeout=60)[1], p.returncode) for p in processes] == [(b"", 0)] * 4


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
def test_threads_that_end_leave_no_open_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "results.sqlite")
    store.write([result()])

    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def read() -> None:
        thread = threading.Thread(target=lambda: store.page(ResultFilter(), Order(), 10))
        thread.start()
        thread.join()

    read()
    before = open_files()
    for _ in range(30):
        read()
    assert open_files() == before
    store.close()


def test_a_file_that_is_damaged_while_in_use(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    store = SqliteStore(path)
    store.write([result()])
    store.close()
    path.write_bytes(b"no database" * 1000)
    (tmp_path / "results.sqlite-wal").unlink(missing_ok=True)
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        store.check()
    with pytest.raises(StoreUnavailable, match="took no write"):
        store.write([result("b")])
    store.close()


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE results (id TEXT)")
    with pytest.raises(ConfigurationError, match="made by another version of Loupe: move it away"):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("results",)]


def test_history_is_forgotten_after_some_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "results.sqlite", history_days=7)
    monkeypatch.setattr(sqlite, "now", lambda: NOON)
    store.write([result("a"), result("b")])
    store.write([result("a", sequencer="02")])
    monkeypatch.setattr(sqlite, "now", lambda: NOON + timedelta(days=7, seconds=1))
    assert store.history(result("a").image.id) == [result("a").document()]
    store.write([result("b", sequencer="02")])
    assert store.history(result("a").image.id) == []
    assert store.history(result("b").image.id) == [result("b").document()]
    store.close()


def test_an_embedding_goes_with_its_result(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    store = SqliteStore(path)

    def vectors() -> list[tuple[int, bytes]]:
        with closing(sqlite3.connect(path)) as other:
            return other.execute("SELECT seq, vector FROM embeddings ORDER BY seq").fetchall()

    def embedded(blob: str, values: bytes, **options: Any) -> Result:  # noqa: ANN401
        return result(blob, **options).model_copy(update={"embedding": Embedding(values=values, scale=1)})

    store.write([embedded("a", b"a1"), embedded("b", b"b1"), result("c")])
    assert vectors() == [(1, b"a1"), (2, b"b1")]
    store.write([embedded("b", b"b1"), embedded("b", b"b0", sequencer="00"), embedded("c", b"c2", sequencer="02")])
    assert vectors() == [(1, b"a1"), (2, b"b1"), (3, b"c2")]
    store.write([deletion("c", sequencer="03"), embedded("a", b"a2", model_version=2)])
    assert vectors() == [(2, b"b1"), (4, b"a2")]
    store.close()


FILTERS = st.builds(
    ResultFilter,
    container=st.sampled_from([None, None, "images", "other"]),
    prefix=st.sampled_from([None, None, "1", "line", "line 1/"]),
    label=st.sampled_from([None, None, "cat", "dog"]),
    min_score=st.sampled_from([None, None, 0.3]),
    max_score=st.sampled_from([None, None, 0.6]),
    min_uncertainty=st.sampled_from([None, None, 0.5]),
    max_uncertainty=st.sampled_from([None, None, 0.9]),
    model=st.sampled_from([None, None, "test:1", "test:2"]),
    outcome=st.sampled_from([None, None, *Outcome]),
    reason=st.sampled_from([None, None, None, *Reason]),
    reviewed=st.sampled_from([None, None, True, False]),
    conflict=st.sampled_from([None, None, True, False]),
    since=st.sampled_from([None, None, NOON + timedelta(seconds=20)]),
    until=st.sampled_from([None, None, NOON + timedelta(seconds=70)]),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteStore, list[Result]]]:
    """A store with some results, many of them with the same time and score."""
    chance = random.Random(3)
    written: list[Result] = []
    for number in range(300):
        blob, moment = f"line {number % 13}/{number}.jpg", NOON + timedelta(seconds=number // 3)
        container, version = chance.choice(["images", "images", "other"]), chance.choice([1, 1, 1, 2])
        match chance.randrange(10):
            case 0:
                written.append(rejection(blob, completed_at=moment))
            case 1:
                written.append(deletion(blob, completed_at=moment))
            case _:
                label, score = chance.choice(["cat", "cat", "dog", "fox"]), chance.randrange(10) / 10
                options: dict[str, Any] = {"container": container, "model_version": version, "completed_at": moment}
                written.append(result(blob, label, score=max(score, 0.1), **options))
    store = SqliteStore(tmp_path_factory.mktemp("lists") / "results.sqlite")
    store.write(written)
    for one in written[::40]:
        store.review(one.image.id, Review(label="cat", reviewer="Ada", reviewed_at=NOON))
    for one in written[::80]:
        store.review(one.image.id, Review(label="dog", reviewer="Bob", reviewed_at=NOON))
    documents = store.find([one.image.id for one in written]).values()
    yield store, [Result.model_validate_json(document) for document in documents]
    store.close()


@settings(max_examples=300, deadline=None)
@given(FILTERS, st.builds(Order, st.sampled_from(Sort), st.booleans()), st.integers(1, 50), st.integers(1, 300))
def test_lists_are_complete_however_short_the_walks(
    filled: tuple[SqliteStore, list[Result]], wanted: ResultFilter, order: Order, limit: int, max_walk: int
) -> None:
    store, written = filled
    documents, after = list[str](), None
    with patch.object(sqlite_lists, "MAX_WALK", max_walk):
        while True:
            page = store.page(wanted, order, limit, after)
            assert len(page.documents) <= limit
            documents += page.documents
            if page.next is None:
                break
            assert after is None or (page.next > after) == order.ascending
            after = page.next
    having = [one for one in written if sort_value(one, order.sort) is not None and wanted.matches(one)]
    in_order = sorted(having, key=lambda one: Position.of(one, order.sort), reverse=not order.ascending)
    assert documents == [one.document() for one in in_order]


def test_no_list_looks_at_everything(tmp_path: Path) -> None:
    """Whatever is asked for, SQLite goes through indexes that have all that it needs to know."""
    plans: list[str] = []
    store = SqliteStore(tmp_path / "results.sqlite")
    store.write([result("a"), result("b")])
    with store._file.snapshot() as connection, patch.object(sqlite_lists, "MAX_WALK", 1):  # noqa: SLF001
        connection.set_trace_callback(plans.append)
        for sort in Sort:
            wanted = ResultFilter(container="images", label="cat", reviewed=False, min_score=0.1)
            page = sqlite_lists.find_page(connection, wanted, Order(sort), 10, Position(1e16, "f" * 32))
            assert page.documents
        connection.set_trace_callback(None)
        for statement in plans:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert not any("SCAN results" in step and "COVERING INDEX" not in step for step in plan), (statement, plan)
            assert not any("TEMP B-TREE" in step for step in plan), (statement, plan)
    store.close()


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("ascending", [True, False])
def test_a_page_in_the_depth_of_a_bounded_list_begins_where_the_last_one_ended(
    tmp_path: Path, sort: Sort, *, ascending: bool
) -> None:
    """And not at the bound, which would mean to go through all pages before it."""
    store = SqliteStore(tmp_path / "results.sqlite")
    store.write([result("a"), result("b")])
    moment = NOON + timedelta(days=-1 if ascending else 1)
    within: dict[str, Any] = {"since" if ascending else "until": moment}
    if sort is not Sort.TIME:
        within = {f"{'min' if ascending else 'max'}_{sort}": 0.0 if ascending else 1.0}
    statements: list[str] = []
    with store._file.snapshot() as connection, patch.object(sqlite_lists, "MAX_WALK", 1):  # noqa: SLF001
        connection.set_trace_callback(statements.append)
        sqlite_lists.find_page(
            connection, ResultFilter(**within), Order(sort, ascending), 10, Position.of(result(), sort)
        )
        connection.set_trace_callback(None)
        walks = [statement for statement in statements if "(" + sqlite_lists._SORTED_BY[sort] + ", id)" in statement]  # noqa: SLF001
        assert walks
        for walk in walks:
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {walk}"))
            assert f"({sqlite_lists._SORTED_BY[sort]},id)" in plan, plan  # noqa: SLF001
    store.close()
