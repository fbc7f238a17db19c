"""How long a picture that is dropped alone into an idle system takes until it is queryable.

Its own decoding and inference are not counted: they are what the machine makes of them.
"""

import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.drops import WARM_UP, Drop
from bench.options import Options
from bench.pictures import SMALL, make_pictures
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target

FIGURE = "latency"
DROPS = 60
IDLE = "upload to queryable, idle system"

P95 = Target(300)


def run(options: Options) -> list[Row]:
    """Measure some drops, each time in a system that has just started."""
    pictures = make_pictures(options.state / "pictures", SMALL, WARM_UP + options.images(DROPS))
    repeated = [_drops(options, pictures, number) for number in range(options.runs)]
    beside = [[drop.total_ms - drop.work_ms for drop in drops] for drops in repeated]
    work = [[drop.work_ms for drop in drops] for drops in repeated]
    return [
        Row(FIGURE, IDLE, "beside decoding and inference, p50", "ms", tuple(map(_p50, beside))),
        Row(FIGURE, IDLE, "beside decoding and inference, p95", "ms", tuple(map(_p95, beside)), P95),
        Row(FIGURE, IDLE, "decoding and inference, p50", "ms", tuple(map(_p50, work))),
    ]


def _drops(options: Options, pictures: Sequence[Path], number: int) -> list[Drop]:
    options.say(f"{FIGURE}: {len(pictures) - WARM_UP} drops, {number + 1} of {options.runs}")
    state = options.state / FIGURE
    shutil.rmtree(state, ignore_errors=True)
    command = [str(PYTHON), "-m", "bench.drops", str(state), str(options.bundle)]
    paths = "\n".join(map(str, pictures))
    done = subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    return [Drop(**one) for one in json.loads(done.stdout)]


def _p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
