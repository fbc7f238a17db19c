"""Searching for similar images and nothing else, in a process of its own, whose memory is then that of the index.

    python -m bench.similar_loop RESULTS QUERIES

Says when it begins, waits for a line, loads the index, and says in JSON what it measured. Ends after another line.
"""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

from loupe_query.similar.sqlite import SqliteSimilar
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.errors import StoreUnavailable
from loupe_shared.result import Embedding

LIMITS = (10, 100)
WARM_UP = 10
LOOK_INTERVAL_S = 0.005


def main() -> None:
    """Load, search, and write what it took to standard output."""
    results, queries = map(Path, sys.argv[1:])
    answers: dict[str, list[str]] = json.loads(queries.read_text())
    _say("ready")
    began = time.perf_counter()
    similar = SqliteSimilar(results)
    with closing(SqliteStore(results)) as store:
        wanted = store.embeddings(list(answers))
    _wait(similar, *next(iter(wanted.values())))
    load_s = time.perf_counter() - began
    for id_ in list(answers)[:WARM_UP]:
        similar.nearest(*wanted[id_], LIMITS[0])
    measured: dict[str, object] = {"load_s": load_s}
    for limit in LIMITS:
        latencies, hits = [], 0
        for id_, expected in answers.items():
            began = time.perf_counter()
            nearest = similar.nearest(*wanted[id_], limit + 1)  # itself is among them
            latencies.append((time.perf_counter() - began) * 1000)
            hits += len(set(expected[:limit]) & {other for other, _ in nearest})
        measured[f"recall_{limit}"] = hits / (limit * len(answers))
        measured[f"latencies_{limit}_ms"] = latencies
    _say(json.dumps(measured))
    similar.close()


def _wait(similar: SqliteSimilar, space: str, embedding: Embedding) -> None:
    """Until it answers."""
    while True:
        try:
            similar.nearest(space, embedding, 1)
        except StoreUnavailable:
            time.sleep(LOOK_INTERVAL_S)
        else:
            return


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
