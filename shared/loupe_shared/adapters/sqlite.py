"""Results in one SQLite file: the default on one machine.

The file is in WAL mode, so the query service reads while the results service writes. A connection is used by one thread
at a time. Counts are rows that change in the same transaction as the results they count.

Results lie in the order in which they came, with an index of their ids. In the order of their ids, which are hashes,
every result would change a page of its own.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from loupe_shared.domain import Outcome, Result, newest_of_each
from loupe_shared.errors import ConfigurationError, StoreUnavailable
from loupe_shared.listing import Counts, Page, Position, ResultFilter, timestamp

TIMEOUT_S = 10.0
RETRY_S = 0.02

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    id TEXT PRIMARY KEY,
    event_order TEXT NOT NULL,
    model_version INTEGER NOT NULL,
    container TEXT NOT NULL,
    outcome TEXT NOT NULL,
    label TEXT,
    score REAL,
    completed_at TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS results_by_time ON results (completed_at, id);
CREATE INDEX IF NOT EXISTS results_by_label ON results (label, completed_at, id);
CREATE INDEX IF NOT EXISTS results_by_outcome ON results (outcome, completed_at, id);
CREATE TABLE IF NOT EXISTS counts (
    outcome TEXT NOT NULL,
    label TEXT NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (outcome, label)
) WITHOUT ROWID;
"""

# One parameter, a JSON array, however many ids there are.
_KNOWN = """
SELECT id, event_order, model_version, outcome, label FROM results WHERE id IN (SELECT value FROM json_each(?))
"""
_UPSERT = "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COUNT = "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET images = images + excluded.images"

_CONDITIONS = {
    "container": "container = ?",
    "label": "label = ?",
    "min_score": "score >= ?",
    "outcome": "outcome = ?",
    "since": "completed_at >= ?",
    "until": "completed_at < ?",
}


class SqliteStore:
    """``ResultStore`` in a file.

    Raises:
        ConfigurationError: on construction, if the file cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection() as connection:
                _create(connection)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(f"the results file {path} cannot be opened: {error}") from error

    def write(self, results: Sequence[Result]) -> int:
        """See ``ResultStore.write``."""
        newest = newest_of_each(results)
        with self._transaction() as connection:
            known = {row[0]: row[1:] for row in connection.execute(_KNOWN, (json.dumps(list(newest)),))}
            rows, counts = [], Counter[tuple[str, str]]()
            for result in newest.values():
                before = known.get(result.image.id)
                if before:
                    if result.revision <= before[:2]:
                        continue
                    counts[before[2], before[3] or ""] -= 1
                counts[result.outcome, result.label or ""] += 1
                rows.append(_row(result))
            connection.executemany(_UPSERT, rows)
            connection.executemany(_COUNT, ((*key, images) for key, images in counts.items()))
        return len(rows)

    def get(self, image_id: str) -> Result | None:
        """See ``ResultStore.get``."""
        rows = self._read("SELECT document FROM results WHERE id = ?", (image_id,))
        return Result.model_validate_json(rows[0][0]) if rows else None

    def page(self, wanted: ResultFilter, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        conditions, values = _where(wanted)
        if after:
            conditions.append("(completed_at, id) < (?, ?)")
            values += [after.completed_at, after.id]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        # Conditions are constants of this module; every value is a parameter.
        statement = f"SELECT document FROM results {where} ORDER BY completed_at DESC, id DESC LIMIT ?"  # noqa: S608
        rows = self._read(statement, (*values, limit + 1))
        return Page.of((Result.model_validate_json(row[0]) for row in rows), limit)

    def counts(self) -> Counts:
        """See ``ResultStore.counts``."""
        outcomes: dict[Outcome, int] = {}
        labels: dict[str, int] = {}
        for outcome, label, images in self._read("SELECT outcome, label, images FROM counts WHERE images > 0", ()):
            outcomes[Outcome(outcome)] = outcomes.get(Outcome(outcome), 0) + images
            if label:
                labels[label] = images
        return Counts(outcomes, labels)

    def check(self) -> None:
        """See ``ResultStore.check``."""
        self._read("SELECT 1 FROM results LIMIT 1", ())

    def close(self) -> None:
        """See ``ResultStore.close``."""
        while not self._idle.empty():
            self._idle.get().close()

    def _read(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            with self._connection() as connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the results file {self._path} cannot be read: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    yield connection
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the results file {self._path} took no write: {error}") from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = sqlite3.connect(self._path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            # What was acknowledged to the broker survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except BaseException:  # whatever state it is in, no other thread should meet it
            connection.close()
            raise
        else:
            self._idle.put(connection)


def _row(result: Result) -> tuple[object, ...]:
    image, completed_at = result.image, timestamp(result.completed_at)
    said = (image.container, result.outcome, result.label, result.score, completed_at, result.to_json())
    return (image.id, *result.revision, *said)


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables. Two processes may do so at once, and SQLite does not wait for a change of the journal's mode."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
        else:
            return


def _where(wanted: ResultFilter) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    for field, condition in _CONDITIONS.items():
        value = getattr(wanted, field)
        if value is not None:
            conditions.append(condition)
            values.append(timestamp(value) if field in ("since", "until") else value)
    return conditions, values
