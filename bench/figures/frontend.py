"""What people wait for in the front end, what their browser loads for it, and what it holds after much scrolling.

The browser is a Chromium without a window, of 1280×800 pixels, on the machine that the services run on.
"""

import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from bench.archives import blob_name, container_name, make_archive
from bench.arrivals import Arrival
from bench.chromium import open_browser
from bench.drops import WARM_UP
from bench.gallery import gallery
from bench.options import Options
from bench.pages import pages
from bench.pictures import SMALL, make_pictures
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target
from bench.scrolling import Scroll, scroll
from bench.visits import Looking, look_at_one, open_archive, script_kb

FIGURE = "frontend"
IMAGES = 1_000_000
VISITS = 20
FEW, MANY = 2_000, 20_000
DROPS = 40

IMAGE = f"/image?{urlencode({'container': container_name(0), 'blob': blob_name(0)})}"
PAGES = {"image": IMAGE, "upload": "/upload", "review": "/review", "overview": "/overview"}

PAINT = Target(1000)
SCRIPT = Target(250)
NODES = Target(1.2)
HEAP = Target(1.5)
SEEN = Target(1000)


def run(options: Options) -> list[Row]:
    """Measure over an archive that is large, over one whose pictures exist, and in the whole system."""
    return [*_large_archive(options), *_pictures(options), *_live(options)]


def _large_archive(options: Options) -> list[Row]:
    """First visits. The pictures of this archive do not exist: its tiles have a sign in place of a thumbnail."""
    count = options.images(IMAGES)
    options.say(f"{FIGURE}: {count:,} results")
    archive = make_archive(options.state, count)
    with pages(archive, options.state / FIGURE / "large") as address, open_browser() as browser:
        open_archive(browser, address)  # what a browser and a service do once is not counted
        repeated = [
            [open_archive(browser, address) for _ in range(options.images(VISITS))] for _ in range(options.runs)
        ]
        script = script_kb(browser, address, "/")
        others = {name: script_kb(browser, address, path) for name, path in PAGES.items()}
    paints = [[visit.paint_ms for visit in visits] for visits in repeated]
    tiles = [[visit.tiles_ms for visit in visits] for visits in repeated]
    case, loaded = f"{count:,} results, first visit", "script, compressed"
    return [
        Row(FIGURE, case, "first contentful paint, p50", "ms", tuple(map(_p50, paints))),
        Row(FIGURE, case, "first contentful paint, p95", "ms", tuple(map(_p95, paints)), PAINT),
        Row(FIGURE, case, "first tiles, p50", "ms", tuple(map(_p50, tiles))),
        Row(FIGURE, loaded, "archive", "kB", (script,), SCRIPT),
        *(Row(FIGURE, loaded, name, "kB", (size,)) for name, size in others.items()),
    ]


def _pictures(options: Options) -> list[Row]:
    """Looking at pictures: at one, and at all, once, because that takes minutes and hardly varies."""
    few, many = options.images(FEW), options.images(MANY)
    options.say(f"{FIGURE}: {many:,} pictures")
    state = options.state / FIGURE / "gallery"
    with gallery(options.state / "pictures", state, many) as address, open_browser() as browser:
        look_at_one(browser, address)  # the first to see thumbnails waits until they are made
        looks = [[look_at_one(browser, address) for _ in range(options.images(VISITS))] for _ in range(options.runs)]
        options.say(f"{FIGURE}: scrolling through {many:,} pictures")
        scrolled = scroll(browser, address, few, many)
    return [*_look_rows(looks, many), *_scroll_rows(scrolled, few, many)]


def _look_rows(looks: Sequence[Sequence[Looking]], count: int) -> list[Row]:
    case = f"{count:,} pictures, first visit"
    thumbnails = [[one.thumbnails_ms for one in run] for run in looks]
    pictures = [[one.picture_ms for one in run] for run in looks]
    return [
        Row(FIGURE, case, "all thumbnails of the first rows, p50", "ms", tuple(map(_p50, thumbnails))),
        Row(FIGURE, case, "click on a tile to the picture, p50", "ms", tuple(map(_p50, pictures))),
    ]


def _scroll_rows(scrolled: Scroll, few: int, many: int) -> list[Row]:
    """What a page holds after few and after many pictures, and how that compares."""
    case, before, after = f"scrolling through {many:,} pictures", scrolled.few, scrolled.many

    def row(name: str, unit: str, value: float, target: Target | None = None) -> Row:
        return Row(FIGURE, case, name, unit, (value,), target)

    return [
        row("pictures seen per second", "1/s", scrolled.per_second),
        row("elements in the document, at most", "", scrolled.most_elements),
        row(f"DOM nodes after {few:,}", "", before.nodes),
        row(f"DOM nodes after {many:,}", "", after.nodes),
        row("DOM nodes, many ÷ few", "", scrolled.node_growth, NODES),
        row(f"JavaScript heap after {few:,}", "MB", before.heap_mb),
        row(f"JavaScript heap after {many:,}", "MB", after.heap_mb),
        row("JavaScript heap, many ÷ few", "", scrolled.heap_growth, HEAP),
    ]


def _live(options: Options) -> list[Row]:
    """Pictures that arrive while the archive is open."""
    pictures = make_pictures(options.state / "pictures", SMALL, WARM_UP + options.images(DROPS))
    repeated = [_arrivals(options, pictures, number) for number in range(options.runs)]
    tiles = [[one.tile_ms for one in arrivals] for arrivals in repeated]
    thumbnails = [[one.thumbnail_ms for one in arrivals] for arrivals in repeated]
    uploads = [[one.whole_ms for one in arrivals] for arrivals in repeated]
    case = "a picture arrives on an open page"
    return [
        Row(FIGURE, case, "written to tile, p50", "ms", tuple(map(_p50, tiles))),
        Row(FIGURE, case, "written to tile, p95", "ms", tuple(map(_p95, tiles)), SEEN),
        Row(FIGURE, case, "written to thumbnail, p95", "ms", tuple(map(_p95, thumbnails))),
        Row(FIGURE, case, "uploaded to tile, p95", "ms", tuple(map(_p95, uploads))),
    ]


def _arrivals(options: Options, pictures: Sequence[Path], number: int) -> list[Arrival]:
    options.say(f"{FIGURE}: {len(pictures) - WARM_UP} arrivals, {number + 1} of {options.runs}")
    state = options.state / FIGURE / "live"
    shutil.rmtree(state, ignore_errors=True)
    command = [str(PYTHON), "-m", "bench.arrivals", str(state), str(options.bundle)]
    paths = "\n".join(map(str, pictures))
    done = subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    return [Arrival(**one) for one in json.loads(done.stdout)]


def _p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
