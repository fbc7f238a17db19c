"""Batch jobs in a SQLite file of their own, so that who writes results and who runs jobs do not wait for each other."""

from collections.abc import Collection, Sequence
from pathlib import Path

from loupe_shared.adapters.sqlite_file import SqliteFile
from loupe_shared.batch.job import FINAL, BatchJob, Chunk, Failure, State
from loupe_shared.batch.ports import JobChanged, Place

VERSION = 1
SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX by_state ON jobs (state, id);
CREATE TABLE chunks (
    job TEXT NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job, number)
);
CREATE TABLE failures (
    job TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (job, chunk, number)
) WITHOUT ROWID
"""

_CREATE = "INSERT INTO jobs (id, revision, state, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE = "UPDATE jobs SET revision = ?, state = ?, document = ? WHERE id = ? AND revision = ?"
_BEGIN = "INSERT OR REPLACE INTO chunks (job, number, document) VALUES (?, ?, ?)"
_END = "DELETE FROM chunks WHERE job = ? AND number = ?"
_FAIL = "INSERT OR REPLACE INTO failures (job, chunk, number, document) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM chunks WHERE job = ?"
_FAILURES = """
SELECT chunk, number, document FROM failures WHERE job = ? AND (chunk, number) > (?, ?) ORDER BY chunk, number LIMIT ?
"""


def jobs_path(results: Path) -> Path:
    """The file of the jobs, beside that of the results: ``results.jobs.sqlite`` beside ``results.sqlite``."""
    return results.with_suffix(f".jobs{results.suffix}")


class SqliteJobs:
    """``JobStore`` in a file.

    Args:
        path: of the file.

    Raises:
        ConfigurationError: the file cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, SCHEMA, VERSION)

    def create(self, job: BatchJob, chunks: Sequence[Chunk] = ()) -> None:
        """See ``JobStore.create``."""
        with self._file.transaction() as connection:
            if not connection.execute(_CREATE, (job.id, job.revision, job.state, job.to_json())).rowcount:
                raise JobChanged(f"there is a job {job.id} already")
            connection.executemany(_BEGIN, [(job.id, chunk.number, chunk.to_json()) for chunk in chunks])

    def find(self, job_id: str) -> BatchJob | None:
        """See ``JobStore.find``."""
        rows = self._file.read("SELECT document FROM jobs WHERE id = ?", (job_id,))
        return BatchJob.model_validate_json(rows[0][0]) if rows else None

    def page(self, states: Collection[State], limit: int, before: str | None = None) -> list[BatchJob]:
        """See ``JobStore.page``."""
        conditions, values = ["TRUE"], list[object]()
        if states:
            conditions.append(f"state IN ({', '.join('?' * len(states))})")
            values += states
        if before is not None:
            conditions.append("id < ?")
            values.append(before)
        where = " AND ".join(conditions)
        # Conditions are constants of this module; every value is a parameter.
        statement = f"SELECT document FROM jobs WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
        rows = self._file.read(statement, [*values, limit])
        return [BatchJob.model_validate_json(document) for (document,) in rows]

    def replace(
        self,
        job: BatchJob,
        *,
        begun: Chunk | None = None,
        ended: int | None = None,
        failures: Sequence[Failure] = (),
    ) -> BatchJob:
        """See ``JobStore.replace``."""
        after = job.model_copy(update={"revision": job.revision + 1})
        with self._file.transaction() as connection:
            values = after.revision, after.state, after.to_json(), job.id, job.revision
            if not connection.execute(_REPLACE, values).rowcount:
                raise JobChanged(f"job {job.id} is not as it was read: read it again")
            if ended is not None:
                connection.execute(_END, (job.id, ended))
                rows = [(job.id, ended, number, one.to_json()) for number, one in enumerate(failures)]
                connection.executemany(_FAIL, rows)
            if begun:
                connection.execute(_BEGIN, (job.id, begun.number, begun.to_json()))
            if job.state in FINAL:
                connection.execute(_FORGET, (job.id,))
        return after

    def chunks(self, job_id: str) -> list[Chunk]:
        """See ``JobStore.chunks``."""
        rows = self._file.read("SELECT document FROM chunks WHERE job = ? ORDER BY number", (job_id,))
        return [Chunk.model_validate_json(document) for (document,) in rows]

    def failures(self, job_id: str, limit: int, after: Place | None = None) -> list[tuple[Place, Failure]]:
        """See ``JobStore.failures``."""
        rows = self._file.read(_FAILURES, (job_id, *(after or (0, -1)), limit))
        return [(Place(chunk, number), Failure.model_validate_json(one)) for chunk, number, one in rows]

    def check(self) -> None:
        """See ``JobStore.check``."""
        self._file.read("SELECT 1 FROM jobs LIMIT 1")

    def close(self) -> None:
        """See ``JobStore.close``."""
        self._file.close()
