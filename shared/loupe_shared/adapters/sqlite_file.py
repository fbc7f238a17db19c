"""A SQLite file that several threads and processes use at once.

It is in WAL mode, so one process reads while another writes. A connection is used by one thread at a time.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from loupe_shared.errors import ConfigurationError, StoreUnavailable

TIMEOUT_S = 10.0
RETRY_S = 0.02
CACHE_KIB = 16_384
LOG_PAGES = 10_000

Row = tuple[Any, ...]


class SqliteFile:
    """Reads and transactions on a file.

    Args:
        path: of the file. It and its folder are made if they are not there.
        schema: statements that make what is not there yet.
        version: of the schema. What another version made is not touched.

    Raises:
        ConfigurationError: the file cannot be opened or made, or is of another version.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection() as connection:
                self._create(connection, schema, version)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(f"the file {path} cannot be opened: {error}") from error

    def read(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        with self.snapshot() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def snapshot(self, *, whole: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for reading, on which all queries see the same state if it is to be ``whole``.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        try:
            with self._connection() as connection:
                if whole:
                    connection.execute("BEGIN")
                yield connection
                if whole:
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the file {self._path} cannot be read: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection for writing: all or nothing, on disk when the context is left.

        Raises:
            StoreUnavailable: nothing was written.
        """
        try:
            with self._connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    yield connection
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the file {self._path} took no write: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        while not self._idle.empty():
            self._idle.get().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._connect()
        try:
            yield connection
        except BaseException:  # whatever state it is in, no other thread should meet it
            connection.close()
            raise
        else:
            self._idle.put(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            # What was acknowledged to the broker survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            # Pages that change often are copied into the file less often: a quarter of the CPU of writing.
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self, connection: sqlite3.Connection, schema: str, version: int) -> None:
        """Make the tables. Two processes may do so at once, but SQLite does not wait to change the journal's mode."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                found = connection.execute("PRAGMA user_version").fetchone()[0]
                if found != version:
                    connection.execute("BEGIN IMMEDIATE")
                    with connection:
                        self._create_version(connection, schema, version)
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_S)
            else:
                return

    def _create_version(self, connection: sqlite3.Connection, schema: str, version: int) -> None:
        """As no other process does at the same time."""
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == version:
            return
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise ConfigurationError(
                f"the file {self._path} was made by another version of Loupe: move it away; a new one is made, "
                "which does not know what is in this one"
            )
        for statement in schema.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
