"""What a result costs from the queue "store" into the archive, when the queue is full: the store's client, the service.

Cosmos DB is its emulator, whose own CPU is not counted.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.cosmos_emulator import CosmosEmulator
from bench.options import Options
from bench.outcomes import make_results
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target
from bench.usage import usage
from loupe_local.child import Child
from loupe_local.valkey import Valkey
from loupe_shared.adapters import outstanding
from loupe_shared.adapters.broker import KEY_PREFIX, CeleryPublisher, connect, make_celery
from loupe_shared.messages import StoreBatch
from loupe_shared.settings import QueueSettings

FIGURE = "writes"
RESULTS = 8192
BATCH = 32  # as inference publishes them
EMBEDDING_SIZE = 1280
GROUP = 1024  # as many as the results service has in progress
WARM_UP = 2048
POLL_INTERVAL_S = 0.02
PATIENCE_S = 120.0

WRITE = Target(0.15, goal=0.1)


def run(options: Options) -> list[Row]:
    """Measure both stores, by themselves and with the service before them."""
    state = options.state / FIGURE
    count = max(options.images(RESULTS) // GROUP, 1) * GROUP
    emulator = CosmosEmulator(state / "cosmos.log")
    try:
        return [
            *_measure(options, state, "SQLite", count, None),
            *_measure(options, state, "Cosmos DB", count, emulator),
        ]
    finally:
        emulator.child.stop()


def _measure(options: Options, state: Path, store: str, count: int, emulator: CosmosEmulator | None) -> list[Row]:
    single: list[float] = []
    embedded: list[float] = []
    grouped: list[float] = []
    service: list[float] = []
    for number in range(options.runs):
        options.say(f"{FIGURE}: {store}, run {number + 1}")
        single.append(_write(_environment(state, emulator), count // 8, BATCH))
        grouped.append(_write(_environment(state, emulator), count, GROUP))
        embedded.append(_write(_environment(state, emulator), count, GROUP, EMBEDDING_SIZE))
        service.append(_serve(state, _environment(state, emulator), count))
    return [
        Row(FIGURE, store, f"CPU of the client, {BATCH} results at a time", "ms", tuple(single)),
        Row(FIGURE, store, f"CPU of the client, {GROUP:,} results at a time", "ms", tuple(grouped), WRITE),
        Row(FIGURE, store, f"CPU of the client, {GROUP:,} with embeddings at a time", "ms", tuple(embedded)),
        Row(
            FIGURE,
            store,
            f"CPU of the service, {BATCH} results without embeddings per message",
            "ms",
            tuple(service),
        ),
    ]


def _environment(state: Path, emulator: CosmosEmulator | None) -> dict[str, str]:
    """That of a process whose store is empty."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
    if emulator is None:
        return {**env, "LOUPE_SQLITE_PATH": str(state / f"{uuid.uuid4().hex}.sqlite")}
    return {**env, **emulator.settings_of_new_container()}


def _write(env: Mapping[str, str], count: int, size: int, embedding_size: int = 0) -> float:
    """CPU of the store's client per result, in ms."""
    command = [str(PYTHON), "-m", "bench.store_loop", "0", str(count), str(size), str(embedding_size)]
    answer = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return float(answer.stdout) * 1000 / count


def _serve(state: Path, env: Mapping[str, str], count: int) -> float:
    """CPU of the results service per result, in ms, with all messages in the queue before it begins."""
    valkey = Valkey(state / f"valkey-{uuid.uuid4().hex}", state / "valkey.log")
    try:
        broker = QueueSettings(broker_url=valkey.url)
        env = {**env, "LOUPE_BROKER_URL": valkey.url}
        service = Child("results", [str(PYTHON), "-m", "loupe_results"], state / "results.log", env)
        try:
            process = psutil.Process(service.pid)
            _publish(broker, 0, WARM_UP)
            _wait(broker, service)
            process.suspend()
            try:
                _publish(broker, WARM_UP, count)
                before = usage(process).cpu_s
            finally:
                process.resume()
            _wait(broker, service)
            return (usage(process).cpu_s - before) * 1000 / count
        finally:
            service.stop()
    finally:
        valkey.child.stop()


def _publish(broker: QueueSettings, first: int, count: int) -> None:
    results = make_results(first, count)
    outstanding.ValkeyOutstanding(broker).add([result.image for result in results])
    batches = [StoreBatch(results=tuple(results[start : start + BATCH])) for start in range(0, count, BATCH)]
    with make_celery(broker) as app:
        CeleryPublisher(app).publish(batches)


def _wait(broker: QueueSettings, service: Child) -> None:
    """Until all is written, noted and acknowledged."""
    queue = StoreBatch.queue
    deadline = time.monotonic() + PATIENCE_S
    with connect(broker) as client:
        while client.llen(f"{KEY_PREFIX}{queue}") or client.hlen(f"{KEY_PREFIX}unacked-{queue}"):
            service.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the results service took more than {PATIENCE_S:.0f} s")
            time.sleep(POLL_INTERVAL_S)
        if client.exists(*outstanding.KEYS.values()):
            raise ValueError("images are outstanding whose results were written")
