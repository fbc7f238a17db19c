"""How long the inference service takes to start from a bundle on disk, and to let another bundle take its place.

A start is from its process to its first heartbeat, a change from when the other bundle is there to when it is served.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bench.options import Options
from bench.places import PYTHON
from bench.rows import Row, Target
from loupe_local.azurite import ACCOUNT, KEY
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK
from loupe_local.valkey import Valkey
from loupe_shared.bundle import MANIFEST_FILE

FIGURE = "start"
STARTS_PER_RUN = 3
POLL_INTERVAL_S = 0.002
SERVED = "is served from now on"

START = Target(2.0)


def run(options: Options) -> list[Row]:
    """Start it some times, with a broker that runs already. The first start only fills the system's cache of files."""
    state = options.state / FIGURE
    shutil.rmtree(state, ignore_errors=True)
    valkey = Valkey(state / "valkey", state / "valkey.log")
    try:
        measured = [_start(options, state, valkey) for _ in range(1 + options.runs * STARTS_PER_RUN)][1:]
    finally:
        valkey.child.stop()
    return [
        Row(FIGURE, "inference", "process to first heartbeat", "s", tuple(start for start, _ in measured), START),
        Row(FIGURE, "inference", "other bundle to being served", "s", tuple(change for _, change in measured), START),
    ]


def _start(options: Options, state: Path, valkey: Valkey) -> tuple[float, float]:
    """Seconds of a start, and of a change."""
    options.say(f"{FIGURE}: inference service")
    heartbeat, log, bundle = state / "heartbeat", state / "inference.log", state / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(options.bundle, bundle)
    heartbeat.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")},
        "LOUPE_BROKER_URL": valkey.url,
        "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
        "LOUPE_STORAGE_KEY": KEY,
        "LOUPE_BLOB_ENDPOINT": f"http://{LOOPBACK}/{ACCOUNT}",  # nothing is read
        "LOUPE_MODEL_BUNDLE": str(bundle),
        "LOUPE_BUNDLE_POLL_INTERVAL_S": str(POLL_INTERVAL_S),
        "LOUPE_HEARTBEAT_FILE": str(heartbeat),
    }
    began = time.perf_counter()
    service = Child("inference", [str(PYTHON), "-m", "loupe_inference"], log, env)
    try:
        start = _seconds_until(heartbeat.exists, service, began)
        _make_next_version(bundle / MANIFEST_FILE)
        change = _seconds_until(lambda: SERVED in log.read_text(), service, time.perf_counter())
    finally:
        service.stop()
    return start, change


def _seconds_until(condition: Callable[[], bool], service: Child, began: float) -> float:
    while not condition():
        service.check()
        time.sleep(POLL_INTERVAL_S)
    return time.perf_counter() - began


def _make_next_version(manifest: Path) -> None:
    document = json.loads(manifest.read_text(encoding="utf-8"))
    changed = manifest.with_suffix(".next")
    changed.write_text(json.dumps(document | {"version": document["version"] + 1}), encoding="utf-8")
    changed.replace(manifest)
