"""The rules of which result is shown, on the store in a file."""

import tempfile
from pathlib import Path

from hypothesis import settings

from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.ports import ResultStore
from tests.unit.test_succession import Archive


class SqliteArchive(Archive):
    """On SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def new_store(self) -> ResultStore:
        """The store that is tested."""
        return SqliteStore(Path(self.folder.name) / "results.sqlite")

    def teardown(self) -> None:
        """Close it."""
        self.store.close()
        self.folder.cleanup()


TestSqlite = SqliteArchive.TestCase
TestSqlite.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
