"""Pages of lists, statistics and exports of an archive with a million results, beside one with ten thousand.

Both services run at the same time, and every question goes to one and then to the other, so that the machine's drift
is in both. Latencies are of a client with one connection.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2

from bench.archives import BEGIN, CAMERAS, CONTAINERS, INTERVAL, label_name, make_archive
from bench.options import Options
from bench.query_service import HttpChild, query_service
from bench.rows import Row, Target
from loupe_shared.domain import Outcome, Reason
from loupe_shared.listing import Sort

FIGURE = "lists"
FEW, MANY = 10_000, 1_000_000
QUESTIONS = 400
STATISTICS = 50
HALF = 0.5
CHUNK = 1 << 24

PAGE = Target(50.0)
GROWTH = Target(1.5)
STATISTICS_PAGE = Target(20.0)


def run(options: Options) -> list[Row]:
    """Make the archives, which takes minutes the first time, and ask both."""
    many = options.images(MANY)
    options.say(f"{FIGURE}: {many:,} results")
    archives = [make_archive(options.state, count) for count in (FEW, many)]
    logs = options.state / FIGURE
    with query_service(archives[0], logs / "few.log") as few, query_service(archives[1], logs / "many.log") as large:
        cold = [_cold_pages(options, few, large, archives, number) for number in range(options.runs)]
        for archive in archives:
            _read_ahead(archive)
        pages = [_pages(options, few, large, (FEW, many), number) for number in range(options.runs)]
        counted = [_statistics(options, large, many) for _ in range(options.runs)]
        exported = [row for format_ in ("csv", "jsonl", "parquet") for row in _export(options, large, format_, many)]
    case = f"{many:,} results"
    return [
        Row(FIGURE, f"{FEW:,} results", "a page of 100, any filter and order, p95", "ms", tuple(p[0] for p in pages)),
        Row(FIGURE, case, "a page of 100, any filter and order, median", "ms", tuple(p[3] for p in pages)),
        Row(FIGURE, case, "a page of 100, any filter and order, p95", "ms", tuple(p[1] for p in pages), PAGE),
        Row(FIGURE, case, "p95 ÷ that of few", "", tuple(p[1] / p[0] for p in pages), GROWTH),
        Row(FIGURE, case, "p95 when the file is on disk only", "ms", tuple(p[1] for p in cold), PAGE),
        Row(FIGURE, case, "pages that are short although there are more", "", tuple(p[2] for p in pages)),
        Row(FIGURE, case, "statistics of a month, p95", "ms", tuple(c[0] for c in counted), STATISTICS_PAGE),
        Row(FIGURE, case, "counts of all time, p95", "ms", tuple(c[1] for c in counted), STATISTICS_PAGE),
        *exported,
    ]


def _pages(
    options: Options, few: HttpChild, many: HttpChild, counts: tuple[int, int], seed: int
) -> tuple[float, float, float, float]:
    """The p95 of both, the share of short pages among many, and the median among many."""
    options.say(f"{FIGURE}: pages, run {seed + 1}")
    chance = random.Random(seed)  # noqa: S311  (for variety)
    took: tuple[list[float], list[float]] = ([], [])
    short = 0
    for _ in range(options.images(QUESTIONS)):
        question = _question(chance)
        for server, count, times in zip((few, many), counts, took, strict=True):
            path = f"/v1/images?{urlencode(question(count))}"
            began = time.perf_counter()
            body = server.get(path)
            times.append((time.perf_counter() - began) * 1000)
        short += body.count(b'"etag"') < 100 and not body.endswith(b'"next":null}')  # noqa: PLR2004
    return _p95(took[0]), _p95(took[1]), short / len(took[1]), statistics.median(took[1])


def _cold_pages(
    options: Options, few: HttpChild, many: HttpChild, archives: Sequence[Path], seed: int
) -> tuple[float, float, float, float]:
    """The same, when nothing of the files is in the system's cache."""
    for archive in archives:
        with archive.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return _pages(options, few, many, (FEW, options.images(MANY)), seed)


def _read_ahead(archive: Path) -> None:
    """Let all of a file be in the system's cache, as that of an archive in use is."""
    with archive.open("rb") as file:
        while file.read(CHUNK):
            pass


def _question(chance: random.Random) -> Callable[[int], dict[str, object]]:
    """A filter and an order: given how many results there are, the parameters of a list."""
    choices: tuple[tuple[float, str, object], ...] = (
        (0.4, "container", chance.choice(CONTAINERS)),
        (0.2, "prefix", f"camera {chance.randrange(CAMERAS)}/"),
        (0.4, "label", label_name(chance)),
        (0.3, "min_score", round(chance.random(), 3)),
        (0.2, "max_score", round(chance.random(), 3)),
        (0.2, "min_uncertainty", round(chance.random(), 3)),
        (0.2, "model", f"efficientnet-lite0:{chance.randint(1, 2)}"),
        (0.2, "outcome", chance.choice(list(Outcome))),
        (0.1, "reason", chance.choice(list(Reason))),
        (0.1, "reviewed", chance.choice(["true", "false"])),
        (1.0, "sort", chance.choice(list(Sort))),
        (1.0, "order", chance.choice(["descending", "ascending"])),
    )
    said = {name: value for share, name, value in choices if chance.random() < share}
    begins, lasts = chance.random(), chance.choice([timedelta(hours=1), timedelta(days=1), timedelta(days=7)])
    in_time, ends = chance.random() < 0.3, chance.random() < HALF  # noqa: PLR2004

    def of(count: int) -> dict[str, object]:
        if not in_time:
            return said
        since = BEGIN + count * begins * INTERVAL
        limits = {"since": since.isoformat()} | ({"until": (since + lasts).isoformat()} if ends else {})
        return said | limits

    return of


def _statistics(options: Options, server: HttpChild, count: int) -> tuple[float, float]:
    """The p95 of the statistics page, and of the counts."""
    options.say(f"{FIGURE}: statistics")
    until = (BEGIN + count * INTERVAL).date() + timedelta(days=1)
    paths = (f"/v1/statistics?{urlencode({'since': until - timedelta(days=30), 'until': until})}", "/v1/counts")
    took: list[list[float]] = []
    for path in paths:
        times = []
        for _ in range(STATISTICS):
            began = time.perf_counter()
            server.get(path)
            times.append((time.perf_counter() - began) * 1000)
        took.append(times)
    return _p95(took[0]), _p95(took[1])


def _export(options: Options, server: HttpChild, format_: str, count: int) -> list[Row]:
    """What a result costs, and by how much the process grows after the first tenth."""
    cpu: list[float] = []
    growth: list[float] = []
    size = 0
    for number in range(options.runs):
        options.say(f"{FIGURE}: export as {format_}, run {number + 1}")
        before, grown = server.usage(), 0.0
        tenth: float | None = None
        with httpx2.stream("GET", f"{server.url}/v1/export?format={format_}", timeout=None) as stream:
            read = 0
            for piece in stream.raise_for_status().iter_bytes():
                read += len(piece)
                if size and read > size // 10:
                    memory = server.usage().rss_mb
                    tenth = tenth or memory
                    grown = max(grown, memory - tenth)
        if size:
            growth.append(grown)
        size = read
        cpu.append((server.usage().cpu_s - before.cpu_s) * 1e6 / count)
    rows = [Row(FIGURE, f"export as {format_}", "CPU of a result", "µs", tuple(cpu))]
    if growth:  # the first run only says how long the file is
        rows.append(Row(FIGURE, f"export as {format_}", "memory after the first tenth", "MB more", tuple(growth)))
    return rows


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
