"""What a sweep costs in which nothing differs: listing alone, and beside an archive of as many images in SQLite.

The listing comes from memory, so that it is the reconciler that is measured, and from Azurite, which is not.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.archives import make_swept_archive
from bench.options import Options
from bench.places import PYTHON, ROOT
from bench.rows import Row, Target
from loupe_local.azurite import ACCOUNT, CONTAINER, KEY, Azurite, StoragePorts
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens

FIGURE = "listing"
BLOBS = 200_000
AZURITE_BLOBS = 10_000
CONCURRENT_UPLOADS = 8
MILLION = 1_000_000

LISTING = Target(20_000, goal=50_000, at_least=True)
SWEEP = Target(10_000, goal=20_000, at_least=True)


def run(options: Options) -> list[Row]:
    """Measure all of it."""
    state = options.state / FIGURE
    state.mkdir(parents=True, exist_ok=True)
    return [*_from_memory(options, state), *_from_azurite(options, state)]


def _from_memory(options: Options, state: Path) -> list[Row]:
    count = options.images(BLOBS)
    options.say(f"{FIGURE}: making an archive of {count:,} images")
    archive = make_swept_archive(options.state, count)
    port = free_port()
    command = [str(PYTHON), "-m", "bench.listing_server", str(port), str(count)]
    server = Child("the listing", command, state / "server.log", {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        server.wait_until(lambda: listens(port))
        env = _environment(f"http://{LOOPBACK}:{port}/{ACCOUNT}", archive)
        case = f"{count:,} blobs, from memory"
        return [
            *_rows(options, case, "listing", env, count, LISTING),
            *_rows(options, case, "listing and archive", env, count, SWEEP, "--archive"),
        ]
    finally:
        server.stop()


def _from_azurite(options: Options, state: Path) -> list[Row]:
    count = options.images(AZURITE_BLOBS)
    options.say(f"{FIGURE}: uploading {count:,} blobs")
    azurite = Azurite(state / "azurite", state / "azurite.log", StoragePorts(free_port(), free_port()))
    try:
        with azurite.blobs() as service, ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
            container = service.get_container_client(CONTAINER)
            names = (f"{number:08}.jpg" for number in range(count))
            list(pool.map(lambda name: container.upload_blob(name, b"x", overwrite=True), names))
            found = sum(1 for _ in container.list_blob_names())
        env = _environment(azurite.blob_endpoint, state / "empty.sqlite")
        return _rows(options, f"{count:,} blobs, from Azurite", "listing", env, found, None)
    finally:
        azurite.child.stop()


def _environment(endpoint: str, archive: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
    return {
        **inherited,
        "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
        "LOUPE_STORAGE_KEY": KEY,
        "LOUPE_BLOB_ENDPOINT": endpoint,
        "LOUPE_IMAGE_CONTAINER": CONTAINER,
        "LOUPE_SQLITE_PATH": str(archive),
        "LOUPE_BROKER_URL": "redis://127.0.0.1:1/0",  # is not asked
    }


def _rows(
    options: Options, case: str, what: str, env: Mapping[str, str], count: int, target: Target | None, *flags: str
) -> list[Row]:
    took = []
    for number in range(options.runs):
        options.say(f"{FIGURE}: {case}, {what}, run {number + 1}")
        command = [str(PYTHON), "-m", "bench.sweep_loop", *flags, str(count)]
        answer = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
        took.append(json.loads(answer.stdout))
    rates = tuple(count / one["wall_s"] for one in took)
    cpu = tuple(one["cpu_s"] * MILLION / count for one in took)
    return [
        Row(FIGURE, case, what, "blobs/s", rates, target),
        Row(FIGURE, case, f"CPU of a million, {what}", "s", cpu),
    ]
