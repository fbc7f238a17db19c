"""``python -m bench``: measures, shows, keeps. ``make bench`` calls it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import breakdown, report, stages
from bench.chromium import open_browser
from bench.figures import (
    api,
    comparison,
    efficiency,
    frontend,
    growth,
    heads,
    jobs,
    latency,
    listing,
    lists,
    plumbing,
    similar,
    start,
    writes,
)
from bench.options import Options
from bench.places import BUNDLE, RESULTS
from bench.rows import Row
from loupe_local.ports import bypass_proxies

FIGURES: dict[str, Callable[[Options], list[Row]]] = {
    "efficiency": efficiency.run,
    "plumbing": plumbing.run,
    "growth": growth.run,
    "latency": latency.run,
    "start": start.run,
    "writes": writes.run,
    "lists": lists.run,
    "listing": listing.run,
    "jobs": jobs.run,
    "heads": heads.run,
    "similar": similar.run,
    "api": api.run,
    "comparison": comparison.run,
    "frontend": frontend.run,
}

console = Console(markup=False, emoji=False, highlight=False)


def main() -> None:
    """Measure the figures that are asked for, or all."""
    given = _arguments()
    figures = given.figures or [*FIGURES]
    bypass_proxies()
    if "frontend" in figures:
        with open_browser():  # if there is none, it is said before everything else takes its time
            pass
    rows: list[Row] = []
    with console.status("starting") as status:
        options = Options(given.runs, given.quick, given.state.resolve(), given.model.resolve(), status.update)
        for name in figures:
            rows += FIGURES[name](options)
    report.write(RESULTS / f"{given.name}.json", rows, options)
    console.print(report.table(rows))
    console.print(f"\nEvery run is in {RESULTS / given.name}.json", soft_wrap=True)
    cases = breakdown.stages(rows)
    if cases:
        stages.draw(RESULTS / f"{given.name}.svg", cases)
        console.print(f"A picture of the stages is in {RESULTS / given.name}.svg", soft_wrap=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], help="which to measure; all by default")
    parser.add_argument("--quick", action="store_true", help="a tenth of the images: to see that everything works")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement (default: %(default)s)")
    parser.add_argument("--name", default="latest", help="of the file in bench/results (default: %(default)s)")
    parser.add_argument("--model", type=Path, default=BUNDLE, help="model bundle")
    parser.add_argument("--state", type=Path, default=Path(".loupe/bench"), help="folder for pictures, data and logs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
