"""The archive in one SQLite file: the default on one machine."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from loupe_shared.adapters.sqlite_file import Row, SqliteFile
from loupe_shared.adapters.sqlite_lists import find_page, known_query
from loupe_shared.adapters.sqlite_tables import (
    ALL,
    COUNT,
    EMBED,
    REMEMBER,
    SCHEMA,
    UNEMBED,
    UPSERT,
    VERSION,
    counter_rows,
    embedding_row,
    history_row,
    key_of,
    result_row,
)
from loupe_shared.agreement import TakenBack, agreed
from loupe_shared.counters import CountFilter, Dimension, Key, Kind, keys_of
from loupe_shared.domain import microseconds, now
from loupe_shared.errors import BlobReplaced
from loupe_shared.listing import MAX_HISTORY, Known, Order, Page, Position, ResultFilter
from loupe_shared.result import Embedding, Result, Review, by_image
from loupe_shared.succession import Succession, succeed

MAX_VALUES = 500  # in one statement


class SqliteStore:
    """``ResultStore`` in a file.

    Args:
        path: of the file.
        history_days: after which earlier results are forgotten; unset to keep them.

    Raises:
        ConfigurationError: the file cannot be opened or made.
    """

    is_remote = False

    def __init__(self, path: Path, history_days: int | None = None) -> None:
        self._file = SqliteFile(path, SCHEMA, VERSION)
        self._history_days = history_days

    def write(self, results: Sequence[Result]) -> list[Result]:
        """See ``ResultStore.write``."""
        arrived = by_image(results)
        with self._file.transaction() as connection:
            known = {
                image_id: Result.model_validate_json(document)
                for image_id, document in _find(connection, list(arrived)).items()
            }
            successions = [succeed(known.get(image_id), images) for image_id, images in arrived.items()]
            self._apply(connection, [one for one in successions if one])
        return [one.shown for one in successions if one.shown]

    def review(self, image_id: str, word: Review | TakenBack, etag: str | None = None) -> str | None:
        """See ``ResultStore.review``."""
        with self._file.transaction() as connection:
            document = _find(connection, [image_id]).get(image_id)
            if document is None:
                return None
            known = Result.model_validate_json(document)
            if etag is not None and etag != known.image.etag:
                raise BlobReplaced(f"{known.image.blob} has another version by now: look at it again")
            reviewed = agreed(known, word)
            connection.execute(UPSERT, result_row(reviewed))
            _count(connection, [known], [reviewed])
            return reviewed.document()

    def find(self, image_ids: Sequence[str]) -> dict[str, str]:
        """See ``ResultStore.find``."""
        with self._file.snapshot() as connection:
            return _find(connection, image_ids)

    def embeddings(self, image_ids: Sequence[str]) -> dict[str, tuple[str, Embedding]]:
        """See ``ResultStore.embeddings``."""
        with self._file.snapshot() as connection:
            rows = _rows(connection, "SELECT id, space, scale, vector FROM embeddings", image_ids)
        return {key.hex(): (space, Embedding(values=vector, scale=scale)) for key, space, scale, vector in rows}

    def history(self, image_id: str) -> list[str]:
        """See ``ResultStore.history``."""
        order = f"ORDER BY event_order DESC, model_version DESC LIMIT {MAX_HISTORY}"
        rows = self._file.read(f"SELECT document FROM history WHERE id = ? {order}", (key_of(image_id),))  # noqa: S608
        return [document for (document,) in rows]

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """See ``ResultStore.page``."""
        with self._file.snapshot(whole=True) as connection:
            return find_page(connection, wanted, order, limit, after)

    def known(self, container: str, prefix: str, after: str, limit: int) -> list[Known]:
        """See ``ResultStore.known``."""
        rows = self._file.read(*known_query(container, prefix, after, limit))
        return [Known(blob, etag, bool(deleted)) for blob, etag, deleted in rows]

    def count(self, wanted: CountFilter, by: Sequence[Dimension]) -> dict[tuple[str, ...], int]:
        """See ``ResultStore.count``."""
        used = _counted(wanted, by)
        names = ", ".join(by)
        rows = self._file.read(
            # Names of columns and conditions are constants of this program; every value is a parameter.
            f"SELECT {names}, sum(images) AS n FROM counters WHERE {' AND '.join(used)} GROUP BY {names} HAVING n != 0",  # noqa: S608
            [value for values in used.values() for value in values],
        )
        return {tuple(row[:-1]): row[-1] for row in rows}

    def check(self) -> None:
        """See ``ResultStore.check``."""
        self._file.read("SELECT 1 FROM results LIMIT 1")

    def close(self) -> None:
        """See ``ResultStore.close``."""
        self._file.close()

    def _apply(self, connection: sqlite3.Connection, successions: Sequence[Succession]) -> None:
        moment = now()
        current = [one.current for one in successions if one.current]
        displaced = [one.displaced for one in successions if one.displaced]
        connection.executemany(UPSERT, map(result_row, current))
        earlier = [history_row(result, moment) for one in successions for result in one.earlier]
        connection.executemany(REMEMBER, earlier)
        if earlier and self._history_days is not None:
            forgotten = microseconds(moment - timedelta(days=self._history_days))
            connection.execute("DELETE FROM history WHERE replaced < ?", (forgotten,))
        connection.executemany(UNEMBED, [(key_of(result.image.id),) for result in displaced])
        connection.executemany(EMBED, [row for row in map(embedding_row, current) if row])
        _count(connection, displaced, current)


def _count(connection: sqlite3.Connection, before: Sequence[Result], after: Sequence[Result]) -> None:
    counted: Counter[Key] = Counter()
    for result in after:
        counted.update(keys_of(result))
    for result in before:
        counted.subtract(keys_of(result))
    connection.executemany(COUNT, counter_rows(counted))


def _counted(wanted: CountFilter, by: Sequence[Dimension]) -> dict[str, Sequence[object]]:
    """The conditions on counters, and the values of their parameters."""
    conditions: dict[str, Sequence[object] | None] = {
        f"kind IN ({_places(wanted.kinds)})": wanted.kinds,
        "day >= ?": (wanted.since.isoformat(),) if wanted.since else None,
        "day < ?": (wanted.until.isoformat(),) if wanted.until else None,
        "container = ?": (wanted.container,) if wanted.container is not None else None,
        "model = ?": (wanted.model,) if wanted.model is not None else None,
        f"key IN ({_places(wanted.keys or ())})": wanted.keys,
    }
    by_day = "day" in by or wanted.since or wanted.until or Kind.SLOT in wanted.kinds
    conditions["day != ?" if by_day else "day = ?"] = (ALL,)
    apart = {"container", "model"} & set(by) or wanted.container is not None or wanted.model is not None
    conditions["(container, model) != (?, ?)" if apart else "(container, model) = (?, ?)"] = (ALL, ALL)
    return {condition: values for condition, values in conditions.items() if values is not None}


def _find(connection: sqlite3.Connection, image_ids: Sequence[str]) -> dict[str, str]:
    rows = _rows(connection, "SELECT id, document FROM results", image_ids)
    return {key.hex(): document for key, document in rows}


def _rows(connection: sqlite3.Connection, columns: str, image_ids: Sequence[str]) -> list[Row]:
    """The rows of some images, in parts that a statement can take."""
    rows: list[Row] = []
    for start in range(0, len(image_ids), MAX_VALUES):
        keys = [key_of(image_id) for image_id in image_ids[start : start + MAX_VALUES]]
        rows += connection.execute(f"{columns} WHERE id IN ({_places(keys)})", keys)
    return rows


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
