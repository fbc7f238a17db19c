"""The embeddings that the benchmark searches among, where a mistake would not show."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from bench.embeddings import NEAREST, QUERIES, make_sets
from loupe_shared.adapters.sqlite_file import SqliteFile
from loupe_shared.adapters.sqlite_tables import SCHEMA, VERSION
from loupe_shared.embedding import cosines, stack
from tests.factories import BUNDLE, ROOT

COUNTS = (QUERIES, 500)


def test_queries_have_the_right_answers_and_are_answered(tmp_path: Path) -> None:
    sets = make_sets(tmp_path, BUNDLE, COUNTS)
    for count, made in zip(COUNTS, sets, strict=True):
        file = SqliteFile(made.results, SCHEMA, VERSION)
        rows = file.read("SELECT id, vector FROM embeddings WHERE space = ? ORDER BY seq", (made.space,))
        file.close()
        vectors = stack([vector for _, vector in rows])
        assert len(np.unique(vectors, axis=0)) == count
        places = {id_.hex(): place for place, (id_, _) in enumerate(rows)}
        answers = json.loads(made.queries.read_text())
        assert len(answers) == QUERIES
        for id_, nearest in list(answers.items())[:20]:
            found = cosines(vectors, vectors[places[id_]])
            assert id_ not in nearest
            assert np.allclose(found[[places[other] for other in nearest]], np.sort(found)[::-1][1 : NEAREST + 1])
    command = [sys.executable, "-m", "bench.similar_loop", str(sets[1].results), str(sets[1].queries)]
    loop = subprocess.run(command, input="\n\n", stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    ready, measured = loop.stdout.splitlines()
    assert ready == "ready"
    assert json.loads(measured)["recall_10"] == json.loads(measured)["recall_100"] == 1
    before = sets[1].results.stat().st_mtime_ns
    assert make_sets(tmp_path, BUNDLE, COUNTS) == sets
    assert sets[1].results.stat().st_mtime_ns == before
