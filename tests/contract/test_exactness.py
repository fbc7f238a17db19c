"""Ten thousand results late, twice and in disorder, from eight writers, on the stores of one machine.

``test_cosmos_faults.py`` does the same in Cosmos DB.
"""

import random
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.result import Result
from tests.exactness import check, deliver, make_results

RESULTS = 10_000
FAULTS = 0.2


class FailingStore(SqliteStore):
    """One write in five fails: half of these before it is done, and half after, when nobody hears of it."""

    def __init__(self, path: Path, seed: int) -> None:
        super().__init__(path)
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def write(self, results: Sequence[Result]) -> list[Result]:
        """Write, or not, or fail after that."""
        with self._lock:
            fate = self._chance.random()
        if fate < FAULTS / 2:
            raise StoreUnavailable("before")
        written = super().write(results)
        if fate < FAULTS:
            raise StoreUnavailable("after")
        return written


def test_in_memory() -> None:
    results, store = make_results(RESULTS), MemoryStore()
    deliver(results, [store])
    check(store, results)


def test_in_a_file_that_two_processes_would_write(tmp_path: Path) -> None:
    results, path = make_results(RESULTS), tmp_path / "results.sqlite"
    stores = [FailingStore(path, seed) for seed in (1, 2)]
    assert deliver(results, stores) > 0
    current = check(stores[0], results)
    with closing(sqlite3.connect(path)) as file:
        rows = {id_.hex(): vector for id_, vector in file.execute("SELECT id, vector FROM embeddings")}
    assert rows == {id_: one.embedding.values for id_, one in current.items() if one.embedding}
    for store in stores:
        store.close()
