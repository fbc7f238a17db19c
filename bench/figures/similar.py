"""Searching for similar images: how many of the nearest are found, how long it takes, and what the index costs.

Twice: among real embeddings only, and among a million that are made of them.
"""

import json
import statistics
import subprocess
from dataclasses import dataclass

import psutil

from bench.embeddings import EmbeddingSet, make_sets
from bench.options import Options
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target
from bench.usage import usage

FIGURE = "similar"
REAL = 20_000
IMAGES = 1_000_000

RECALL = Target(0.95, at_least=True)
LATENCY = Target(50.0)


@dataclass(frozen=True)
class Search:
    """What a process measured that did nothing else.

    Attributes:
        recall_10: part of the ten nearest that was found.
        recall_100: the same, of the hundred nearest.
        p95_ms: of a search for ten.
        load_s: from nothing to the first answer.
        memory_mb: by which the process grew.
    """

    recall_10: float
    recall_100: float
    p95_ms: float
    load_s: float
    memory_mb: float


def run(options: Options) -> list[Row]:
    """Make the embeddings, which takes minutes the first time, and search among them."""
    counts = options.images(REAL), options.images(IMAGES)
    options.say(f"{FIGURE}: {counts[1]:,} embeddings")
    sets = make_sets(options.state / FIGURE, options.bundle, counts)
    cases = (f"{counts[0]:,} images, all real", f"{counts[1]:,} images")
    return [
        row for case, count, made in zip(cases, counts, sets, strict=True) for row in _rows(options, case, count, made)
    ]


def _rows(options: Options, case: str, count: int, made: EmbeddingSet) -> list[Row]:
    runs: list[Search] = []
    for number in range(options.runs):
        options.say(f"{FIGURE}: {case}, run {number + 1}")
        runs.append(_search(made))
    return [
        Row(FIGURE, case, "recall of the 10 nearest", "", tuple(one.recall_10 for one in runs), RECALL),
        Row(FIGURE, case, "recall of the 100 nearest", "", tuple(one.recall_100 for one in runs)),
        Row(FIGURE, case, "search, p95", "ms", tuple(one.p95_ms for one in runs), LATENCY),
        Row(FIGURE, case, "memory of the index", "MB", tuple(one.memory_mb for one in runs)),
        Row(FIGURE, case, "memory per image", "bytes", tuple(one.memory_mb * 1e6 / count for one in runs)),
        Row(FIGURE, case, "loading the index", "s", tuple(one.load_s for one in runs)),
    ]


def _search(made: EmbeddingSet) -> Search:
    command = [str(PYTHON), "-m", "bench.similar_loop", str(made.results), str(made.queries)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as loop:
        if loop.stdin is None or loop.stdout is None:
            raise AssertionError
        process = psutil.Process(loop.pid)
        loop.stdout.readline()
        before = usage(process).rss_mb
        print(file=loop.stdin, flush=True)
        measured = json.loads(loop.stdout.readline())
        memory_mb = usage(process).rss_mb - before
        print(file=loop.stdin, flush=True)
    p95 = statistics.quantiles(measured["latencies_10_ms"], n=20)[-1]
    return Search(measured["recall_10"], measured["recall_100"], p95, measured["load_s"], memory_mb)
