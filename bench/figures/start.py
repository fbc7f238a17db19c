"""How long the inference service takes to start from a bundle on disk: from its process to its first heartbeat."""

import os
import time
from pathlib import Path

from bench.options import Options
from bench.places import PYTHON
from bench.rows import Row, Target
from loupe_local.azurite import ACCOUNT, KEY
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK
from loupe_local.valkey import Valkey

FIGURE = "start"
STARTS_PER_RUN = 3
POLL_INTERVAL_S = 0.002

START = Target(2.0)


def run(options: Options) -> list[Row]:
    """Start it some times, with a broker that runs already. The first start only fills the system's cache of files."""
    state = options.state / FIGURE
    valkey = Valkey(state / "valkey", state / "valkey.log")
    try:
        starts = [_start(options, state, valkey) for _ in range(1 + options.runs * STARTS_PER_RUN)]
    finally:
        valkey.child.stop()
    return [Row(FIGURE, "inference", "process to first heartbeat", "s", tuple(starts[1:]), START)]


def _start(options: Options, state: Path, valkey: Valkey) -> float:
    options.say(f"{FIGURE}: inference service")
    heartbeat = state / "heartbeat"
    heartbeat.unlink(missing_ok=True)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")},
        "LOUPE_BROKER_URL": valkey.url,
        "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
        "LOUPE_STORAGE_KEY": KEY,
        "LOUPE_BLOB_ENDPOINT": f"http://{LOOPBACK}/{ACCOUNT}",  # nothing is read
        "LOUPE_MODEL_BUNDLE": str(options.bundle),
        "LOUPE_HEARTBEAT_FILE": str(heartbeat),
    }
    began = time.perf_counter()
    service = Child("inference", [str(PYTHON), "-m", "loupe_inference"], state / "inference.log", env)
    try:
        while not heartbeat.exists():
            service.check()
            time.sleep(POLL_INTERVAL_S)
        return time.perf_counter() - began
    finally:
        service.stop()
