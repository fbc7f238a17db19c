"""``python -m bench.active_learning``: measures, shows, keeps. ``make active-learning`` calls it."""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.active_learning.embedded import embedded
from bench.active_learning.fashion import FOLDER
from bench.active_learning.outcome import compared
from bench.active_learning.study import Run, Study, full_accuracy, learn
from bench.places import BUNDLE, RESULTS
from loupe_shared.errors import LoupeError

# Parts of the accuracy that all labels of the pool give. The second is the one that the figure is about.
PARTS = (0.90, 0.95, 0.97)
TARGET = 0.60

console = Console(markup=False, emoji=False, highlight=False)


def main() -> int:
    """Measure, and say what came of it. Returns the exit code."""
    given = _arguments()
    try:
        with console.status("embeddings"):
            pool, test = embedded(given.data, given.model, (given.pool, given.test), given.state)
    except LoupeError as error:
        console.print(f"bench: {error}", soft_wrap=True)
        return 1
    study = Study(pool, test, given.each, given.most)
    with console.status("all labels"):
        full = full_accuracy(study)
    runs = _runs(study, given.seeds, given.processes)
    _write(given, full, runs)
    console.print(f"accuracy with all {given.pool:,} labels: {full:.3f}, on {given.test:,} pictures")
    console.print(_table(full, runs))
    return 0


def _runs(study: Study, seeds: int, processes: int) -> list[Run]:
    with (
        ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool,
        console.status("") as status,
    ):
        begun = [pool.submit(learn, study, by, seed) for seed in range(seeds) for by in ("queue", "chance")]
        for number, done in enumerate(as_completed(begun), 1):
            done.result()
            status.update(f"{number} of {len(begun)} runs")
        return [one.result() for one in begun]


def _write(given: argparse.Namespace, full: float, runs: Sequence[Run]) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": {name: getattr(given, name) for name in ("pool", "test", "each", "most", "seeds")},
        "bundle": given.model.name,
        "full_accuracy": full,
        "needed": {str(part): [asdict(one) for one in compared(runs, part * full)] for part in PARTS},
        "runs": [asdict(run) for run in runs],
    }
    path = RESULTS / f"{given.name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _table(full: float, runs: Sequence[Run]) -> Table:
    view = Table(title="Labels that are needed", show_edge=False, caption="means over the seeds, with least and most")
    for name in ("accuracy", "by chance", "by the queue", "queue / chance", "target"):
        view.add_column(name, justify="right")
    for part in PARTS:
        found = compared(runs, part * full)
        view.add_row(
            f"{part * full:.3f} ({part:.0%} of all)",
            _spread([one.chance for one in found], ".0f"),
            _spread([one.queue for one in found], ".0f"),
            _spread([one.ratio for one in found], ".2f"),
            f"≤ {TARGET}",
        )
    return view


def _spread(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return f"not by {len(values) - len(known)} of {len(values)}"
    return f"{statistics.mean(known):{form}} ({min(known):{form}} … {max(known):{form}})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.active_learning", description=__doc__)
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of Fashion-MNIST (default: %(default)s)")
    parser.add_argument("--model", type=Path, default=BUNDLE, help="bundle that makes the embeddings")
    parser.add_argument("--pool", type=int, default=6000, help="pictures that can be labelled (default: %(default)s)")
    parser.add_argument("--test", type=int, default=2000, help="pictures to judge by (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=10, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--each", type=int, default=50, help="labels between two trainings (default: %(default)s)")
    parser.add_argument("--most", type=int, default=1000, help="labels at which a run ends (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="runs at once (default: one per CPU)")
    parser.add_argument("--name", default="active-learning", help="of the file in bench/results (default: %(default)s)")
    parser.add_argument("--state", type=Path, default=Path(".loupe/active-learning"), help="folder for embeddings")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
