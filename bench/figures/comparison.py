"""What the same pictures cost when others do it, over the cost of decoding and the model alone.

All read from the emulator. The server of models does half of the path only: it has neither events nor storage nor an
archive, and is given its pictures.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import httpx2
import psutil
from celery import Celery

from bench.options import Options
from bench.pictures import SMALL, make_pictures
from bench.pipeline import Pipeline
from bench.rows import Row
from bench.storage import EmulatedStorage
from bench.usage import usage_with_descendants
from bench.waiting import wait_for_count
from bench.yardsticks import LoopRun, bare_loop, bracketed, mean
from loupe_local.child import STOP_TIMEOUT_S, Child
from loupe_local.ports import LOOPBACK, free_port
from loupe_local.valkey import Valkey
from loupe_shared.result import Precision

FIGURE = "comparison"
IMAGES = 500
WARM_UP = 32
CLIENTS = 32

HALF = "the same model behind LitServe (half of the path)"


def run(options: Options) -> list[Row]:
    """Measure Loupe and the others over the same pictures."""
    pictures = make_pictures(options.state / "pictures", SMALL, options.images(IMAGES))
    state = options.state / FIGURE
    shutil.rmtree(state, ignore_errors=True)
    with EmulatedStorage(state / "storage") as storage:
        options.say(f"{FIGURE}: putting pictures into storage")
        ways: dict[str, Callable[[], float]] = {
            "Loupe": lambda: _loupe(state / "loupe", options.bundle, storage, pictures),
            "a Celery task for each image": lambda: _naive(state / "naive", options.bundle, storage, pictures),
            HALF: lambda: _model_server(state / "model_server", options.bundle, pictures),
        }
        return [row for name, measure in ways.items() for row in _compared(options, name, measure, pictures)]


def _compared(options: Options, name: str, measure: Callable[[], float], pictures: Sequence[Path]) -> list[Row]:
    def yardstick() -> LoopRun:
        options.say(f"{FIGURE}: {name}")
        return bare_loop(options.bundle, Precision.FP32, pictures)

    found = bracketed(options.runs, yardstick, measure)
    ratios = tuple(cpu_ms / mean([loop.cpu_ms for loop in around]) for cpu_ms, around in found)
    return [
        Row(FIGURE, name, "CPU", "ms", tuple(cpu_ms for cpu_ms, _ in found)),
        Row(FIGURE, name, "CPU / bare loop", "×", ratios),
    ]


def _loupe(state: Path, bundle: Path, storage: EmulatedStorage, pictures: Sequence[Path]) -> float:
    with Pipeline(state, bundle, storage, {}) as pipeline:
        pipeline.by_queue(storage.put(pictures[:WARM_UP], "warm-up"))
        return pipeline.by_queue(storage.put(pictures, "measured")).cpu_ms()


def _naive(state: Path, bundle: Path, storage: EmulatedStorage, pictures: Sequence[Path]) -> float:
    shutil.rmtree(state, ignore_errors=True)
    warm_up = [blob.name for blob in storage.put(pictures[:WARM_UP], "warm-up")]
    measured = [blob.name for blob in storage.put(pictures, "measured")]
    archive = state / "results.sqlite"
    valkey = Valkey(state / "valkey", state / "valkey.log")
    env = {
        **os.environ,
        "NAIVE_BROKER": valkey.url,
        "NAIVE_BLOBS": storage.blob_endpoint,
        "NAIVE_MODEL": str(bundle),
        "NAIVE_ARCHIVE": str(archive),
    }
    command = [sys.executable, "-m", "celery", "-A", "bench.naive", "worker", "--loglevel", "WARNING"]
    worker = Child("the Celery worker", command, state / "worker.log", env)
    try:
        with Celery("naive", broker=valkey.url) as app:

            def classify(names: Sequence[str], total: int) -> None:
                for name in names:
                    app.send_task("bench.naive.classify", args=(name,), ignore_result=True)
                wait_for_count(lambda: _stored(archive), total, worker.check)

            classify(warm_up, len(warm_up))
            before = usage_with_descendants(worker.pid)
            classify(measured, len(warm_up) + len(measured))
            after = usage_with_descendants(worker.pid)
    finally:
        worker.stop()
        valkey.child.stop()
    return (after.cpu_s - before.cpu_s) * 1000 / len(measured)


def _stored(archive: Path) -> int:
    if not archive.exists():
        return 0
    with closing(sqlite3.connect(archive, timeout=60)) as connection:
        made = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'results'").fetchone()[0]
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0]) if made else 0


def _model_server(state: Path, bundle: Path, pictures: Sequence[Path]) -> float:
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "bench.model_server", str(port), str(bundle)]
    server = Child("the server of models", command, state / "model_server.log")
    try:
        with httpx2.Client(timeout=60) as http, ThreadPoolExecutor(CLIENTS) as pool:
            server.wait_until(lambda: _is_healthy(http, url))

            def classify(picture: Path) -> str:
                response = http.post(f"{url}/predict", files={"image": picture.read_bytes()})
                return str(response.raise_for_status().json()["label"])

            list(pool.map(classify, pictures[:WARM_UP]))
            before = usage_with_descendants(server.pid)
            list(pool.map(classify, pictures))
            after = usage_with_descendants(server.pid)
    finally:
        _stop_with_descendants(server)
    return (after.cpu_s - before.cpu_s) * 1000 / len(pictures)


def _stop_with_descendants(server: Child) -> None:
    """LitServe leaves its processes behind when it is told to end."""
    descendants = psutil.Process(server.pid).children(recursive=True)
    server.stop()
    for process in descendants:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(descendants, timeout=STOP_TIMEOUT_S)


def _is_healthy(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/health").is_success
    except httpx2.TransportError:
        return False
