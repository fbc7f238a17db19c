"""What batch jobs cost, that they cost nobody else anything, and what a kill costs them.

The model does nothing, and few pictures are served and listed under many names. For images that are dropped during a
job the model is the real one, in the system of ``make run``.
"""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.drops import WARM_UP
from bench.job_pipeline import JOB_SERVICES, JobCourse, JobPipeline
from bench.null_model import make_null_model
from bench.options import Options
from bench.pictures import RAW, SMALL, make_pictures
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target
from bench.storage import ServedStorage
from loupe_local.azurite import ACCOUNT
from loupe_local.valkey import Valkey

FIGURE = "jobs"
PICTURES = 200
IMAGES = 100_000
KILLED_IMAGES = 20_000
KILLS = 10
DROPS = 40
IN_FLIGHT = 64  # images of the two mini batches that a worker has at once

BOOKKEEPING = Target(0.1)
FLAT = Target(1.1)
AGAIN = Target(IN_FLIGHT)
BESIDE = Target(2.0)


def run(options: Options) -> list[Row]:
    """Measure all three."""
    state = options.state / FIGURE
    pictures = make_pictures(options.state / "pictures", RAW, PICTURES)
    bundle = make_null_model(options.state / "null_model")
    return [
        *_cost(options, state, pictures, bundle),
        *_kills(options, state, pictures, bundle),
        *_drops(options, state),
    ]


def _cost(options: Options, state: Path, pictures: Sequence[Path], bundle: Path) -> list[Row]:
    images = options.images(IMAGES)
    case = f"a job of {images:,} images, null model"
    courses: list[JobCourse] = []
    publishing: list[float] = []
    with ServedStorage(state / "storage", pictures[0].parent, images // PICTURES) as storage:
        for number in range(options.runs):
            options.say(f"{FIGURE}: {case}, run {number + 1}")
            with JobPipeline(state / "pipeline", bundle, storage, {}, JOB_SERVICES) as pipeline:
                courses.append(pipeline.run_job(images))
            publishing.append(_publishing_ms(state, images))
    took = [course.cpu_ms("batch") for course in courses]
    beside = tuple(all_ - part for all_, part in zip(took, publishing, strict=True))
    memory = tuple(course.rest.after["batch"].rss_mb for course in courses)
    growth = tuple(course.rest.after["batch"].rss_mb / course.first.after["batch"].rss_mb for course in courses)
    rates = tuple(images / course.wall_s for course in courses)
    return [
        Row(FIGURE, case, "CPU, batch service", "ms", tuple(took)),
        Row(FIGURE, case, "CPU, publishing alone", "ms", tuple(publishing)),
        Row(FIGURE, case, "CPU, planning and bookkeeping", "ms", beside, BOOKKEEPING),
        Row(FIGURE, case, "CPU, results", "ms", tuple(course.cpu_ms("results") for course in courses)),
        Row(FIGURE, case, "CPU, inference", "ms", tuple(course.cpu_ms("backfill") for course in courses)),
        Row(FIGURE, case, "memory, batch service, at the end", "MB", memory),
        Row(FIGURE, case, "memory at the end / after a tenth", "×", growth, FLAT),
        Row(FIGURE, case, "throughput", "images/s", rates),
    ]


def _kills(options: Options, state: Path, pictures: Sequence[Path], bundle: Path) -> list[Row]:
    images = options.images(KILLED_IMAGES)
    case = f"a job of {images:,} images, {KILLS} processes killed"
    again: list[float] = []
    settings = {"LOUPE_VISIBILITY_TIMEOUT_S": "5", "LOUPE_KNOWN_ANSWERS": "0"}
    with ServedStorage(state / "storage", pictures[0].parent, images // PICTURES) as storage:
        for number in range(options.runs):
            options.say(f"{FIGURE}: {case}, run {number + 1}")
            before = storage.reads()
            with JobPipeline(state / "pipeline", bundle, storage, settings, JOB_SERVICES) as pipeline:
                pipeline.run_job_among_kills(images, KILLS)
            again.append((storage.reads() - before - images) / KILLS)
    return [Row(FIGURE, case, "read again, per kill", "images", tuple(again), AGAIN)]


def _drops(options: Options, state: Path) -> list[Row]:
    pictures = make_pictures(options.state / "pictures", SMALL, WARM_UP + options.images(DROPS))
    idle, busy = [], []
    for number in range(options.runs):
        options.say(f"{FIGURE}: drops beside a job, run {number + 1}")
        folder = state / "stack"
        shutil.rmtree(folder, ignore_errors=True)
        command = [str(PYTHON), "-m", "bench.busy_drops", str(folder), str(options.bundle)]
        paths = "\n".join(map(str, pictures))
        done = subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
        found: Mapping[str, list[float]] = json.loads(done.stdout)
        idle.append(_p95(found["idle"]))
        busy.append(_p95(found["busy"]))
    case = "upload to queryable, real model"
    ratios = tuple(during / alone for during, alone in zip(busy, idle, strict=True))
    return [
        Row(FIGURE, case, "idle, p95", "ms", tuple(idle)),
        Row(FIGURE, case, "during a job, p95", "ms", tuple(busy)),
        Row(FIGURE, case, "during / idle", "×", ratios, BESIDE),
    ]


def _publishing_ms(state: Path, images: int) -> float:
    valkey = Valkey(state / "valkey", state / "valkey.log")
    try:
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")},
            "LOUPE_BROKER_URL": valkey.url,
            "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
            "LOUPE_BLOB_ENDPOINT": "http://unused",
            "LOUPE_SQLITE_PATH": "unused",
        }
        command = [str(PYTHON), "-m", "bench.publish_loop", str(images)]
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
        cpu_s: float = json.loads(done.stdout)
        return cpu_s * 1000 / images
    finally:
        valkey.child.stop()


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
