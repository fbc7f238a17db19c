"""How the archive lies in SQLite: tables, indexes, and what is written into them.

Results lie in the order in which they came. Names that lists are filtered by stand there as hashes, so that indexes are
small. Every index has all columns that a list can be filtered by, so a list looks at no result that it does not show.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from loupe_shared.counters import Key, Kind
from loupe_shared.domain import microseconds
from loupe_shared.result import Result

VERSION = 2
ALL = "*"  # in place of a day, or of container and model: whichever they are

FILTERED = "completed, id, container, blob, label, model, outcome, reason, reviewed, score, uncertainty"

SCHEMA = f"""
CREATE TABLE results (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    event_order TEXT NOT NULL,
    model_version INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    container INTEGER NOT NULL,
    blob TEXT NOT NULL,
    label INTEGER,
    model INTEGER,
    outcome INTEGER NOT NULL,
    reason INTEGER,
    reviewed INTEGER NOT NULL,
    score REAL,
    uncertainty REAL,
    document TEXT NOT NULL
);
CREATE INDEX by_time ON results ({FILTERED});
CREATE INDEX by_score ON results (score, id, {FILTERED}) WHERE score IS NOT NULL;
CREATE INDEX by_uncertainty ON results (uncertainty, id, {FILTERED}) WHERE uncertainty IS NOT NULL;
CREATE INDEX by_name ON results (blob, {FILTERED});
CREATE INDEX by_label ON results (label, {FILTERED}) WHERE label IS NOT NULL;
CREATE INDEX by_reason ON results (reason, {FILTERED}) WHERE reason IS NOT NULL;
CREATE INDEX by_review ON results (reviewed, {FILTERED}) WHERE reviewed = 1;
CREATE TABLE history (
    id BLOB NOT NULL,
    event_order TEXT NOT NULL,
    model_version INTEGER NOT NULL,
    replaced INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (id, event_order, model_version)
) WITHOUT ROWID;
CREATE INDEX history_by_age ON history (replaced);
CREATE TABLE counters (
    kind TEXT NOT NULL,
    container TEXT NOT NULL,
    model TEXT NOT NULL,
    day TEXT NOT NULL,
    key TEXT NOT NULL,
    images INTEGER NOT NULL,
    PRIMARY KEY (kind, container, model, day, key)
) WITHOUT ROWID;
CREATE TABLE embeddings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    space TEXT NOT NULL,
    scale REAL NOT NULL,
    vector BLOB NOT NULL
)
"""

UPSERT = """
INSERT INTO results (
    id, event_order, model_version, completed, container, blob, label, model, outcome, reason, reviewed, score,
    uncertainty, document
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    event_order = excluded.event_order, model_version = excluded.model_version, completed = excluded.completed,
    label = excluded.label, model = excluded.model, outcome = excluded.outcome, reason = excluded.reason,
    reviewed = excluded.reviewed, score = excluded.score, uncertainty = excluded.uncertainty,
    document = excluded.document
"""
REMEMBER = "INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?, ?)"
COUNT = "INSERT INTO counters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET images = images + excluded.images"
EMBED = "INSERT OR REPLACE INTO embeddings (id, space, scale, vector) VALUES (?, ?, ?, ?)"
UNEMBED = "DELETE FROM embeddings WHERE id = ?"


def key_of(image_id: str) -> bytes:
    """An image's id as it stands in the tables."""
    return bytes.fromhex(image_id)


def code(name: str | None) -> int | None:
    """A name as a number of 47 bits, which SQLite keeps in six bytes.

    Among 10,000 labels, the chance that two have the same is one in three millions. They would share their lists.
    """
    if name is None:
        return None
    return int.from_bytes(hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest()) >> 17


def result_row(result: Result) -> tuple[object, ...]:
    """The values of ``UPSERT``."""
    image = result.image
    return (
        key_of(image.id),
        *result.revision,
        microseconds(result.completed_at),
        code(image.container),
        image.blob,
        code(result.label),
        code(str(result.model)) if result.model else None,
        code(result.outcome),
        code(result.reason),
        result.review is not None,
        result.score,
        result.uncertainty,
        result.document(),
    )


def history_row(result: Result, replaced: datetime) -> tuple[object, ...]:
    """The values of ``REMEMBER``."""
    return key_of(result.image.id), *result.revision, microseconds(replaced), result.document()


def embedding_row(result: Result) -> tuple[object, ...] | None:
    """The values of ``EMBED``, if the result has an embedding."""
    if result.embedding is None or result.model is None:
        return None
    return key_of(result.image.id), result.model.embedding_space, result.embedding.scale, result.embedding.values


def counter_rows(counted: Mapping[Key, int]) -> list[tuple[object, ...]]:
    """The values of ``COUNT``, with the sums over all days, and over all containers and models, that pages ask for."""
    sums: Counter[Key] = Counter()
    for key, images in counted.items():
        days = (key.day,) if key.kind == Kind.SLOT else (key.day, ALL)
        for day in days:
            sums[key._replace(day=day)] += images
            sums[key._replace(day=day, container=ALL, model=ALL)] += images
    return [(key.kind, key.container, key.model, key.day, key.key, images) for key, images in sums.items() if images]
