"""What shadow versions say, in a SQLite file of its own, so that results never wait until it is written."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from loupe_shared.adapters.sqlite_file import SqliteFile
from loupe_shared.domain import microseconds, now
from loupe_shared.shadow import Comparison, Pair

VERSION = 1
SCHEMA = """
CREATE TABLE comparisons (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    serving INTEGER NOT NULL,
    sureness REAL,
    at_us INTEGER NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX by_sureness ON comparisons (model, shadow, serving, sureness, id) WHERE sureness IS NOT NULL;
CREATE INDEX by_age ON comparisons (at_us);
CREATE TABLE counts (
    model TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    serving INTEGER NOT NULL,
    answered TEXT NOT NULL,
    label TEXT NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (model, shadow, serving, answered, label)
) WITHOUT ROWID
"""

_KEEP = """
INSERT INTO comparisons (id, model, shadow, serving, sureness, at_us, document) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_COUNT = """
INSERT INTO counts (model, shadow, serving, answered, label, images) VALUES (?, ?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET images = images + 1
"""
_COUNTS = "SELECT serving, answered, label, images FROM counts WHERE model = ? AND shadow = ?"
_SUREST = """
SELECT document FROM comparisons WHERE model = ? AND shadow = ? AND serving = ? AND sureness IS NOT NULL
ORDER BY sureness DESC, id DESC LIMIT ?
"""


def shadows_path(results: Path) -> Path:
    """The file beside that of the results: ``results.shadows.sqlite`` beside ``results.sqlite``."""
    return results.with_suffix(f".shadows{results.suffix}")


class SqliteShadows:
    """``ShadowStore`` in a file.

    Args:
        path: of the file.
        days: after which comparisons are forgotten; unset for never. Their counts stay.

    Raises:
        ConfigurationError: the file cannot be opened or made.
    """

    def __init__(self, path: Path, days: int | None = None) -> None:
        self._file = SqliteFile(path, SCHEMA, VERSION)
        self._days = days

    def write(self, comparisons: Sequence[Comparison]) -> None:
        """See ``ShadowStore.write``."""
        with self._file.transaction() as connection:
            for one in comparisons:
                of = one.model, one.shadow.version, one.answered.version
                row = one.id, *of, one.sureness, microseconds(one.at), one.to_json()
                if connection.execute(_KEEP, row).rowcount:
                    connection.execute(_COUNT, (*of, one.answered.label, one.shadow.label))
            if self._days is not None:
                oldest = microseconds(now() - timedelta(days=self._days))
                connection.execute("DELETE FROM comparisons WHERE at_us < ?", (oldest,))

    def count(self, model: str, shadow: int) -> dict[Pair, int]:
        """See ``ShadowStore.count``."""
        rows = self._file.read(_COUNTS, (model, shadow))
        return {Pair(serving, answered, label): images for serving, answered, label, images in rows}

    def surest(self, model: str, shadow: int, serving: int, limit: int) -> list[Comparison]:
        """See ``ShadowStore.surest``."""
        rows = self._file.read(_SUREST, (model, shadow, serving, limit))
        return [Comparison.model_validate_json(document) for (document,) in rows]

    def check(self) -> None:
        """See ``ShadowStore.check``."""
        self._file.read("SELECT 1 FROM counts LIMIT 1")

    def close(self) -> None:
        """See ``ShadowStore.close``."""
        self._file.close()
