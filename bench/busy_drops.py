"""Pictures dropped one by one, first into an idle system and then while a batch job classifies others.

    python -m bench.busy_drops STATE BUNDLE <PATHS_OF_PICTURES

The system is that of ``make run``. Writes how long each took to be queryable, in ms, as JSON: ``idle`` and ``busy``.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
from azure.storage.blob import BlobServiceClient

from bench.drops import PAUSE_S, WARM_UP, drop
from bench.waiting import wait_for_count
from loupe_client import Loupe
from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.ports import bypass_proxies, free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.domain import Outcome

COPIES = 20  # of each picture, for the job
CONCURRENT_UPLOADS = 4


def main() -> None:
    """Start everything, and drop the pictures twice."""
    state, bundle = map(Path, sys.argv[1:])
    pictures = [Path(line) for line in sys.stdin.read().splitlines()]
    bypass_proxies()
    ports = StoragePorts(free_port(), free_port())
    config = StackConfig(state, bundle, free_port(), free_port(), ports, (("LOUPE_KNOWN_ANSWERS", "0"),))
    with (
        Stack(config) as stack,
        stack.azurite.blobs() as storage,
        httpx2.Client(base_url=stack.api) as api,
        Loupe(stack.api) as loupe,
    ):
        _fill(storage, loupe, pictures)
        found = {"idle": _drop_all(storage, api, pictures, "idle")}
        with _jobs(loupe):
            found["busy"] = _drop_all(storage, api, pictures, "busy")
    json.dump(found, sys.stdout)


def _fill(storage: BlobServiceClient, loupe: Loupe, pictures: Sequence[Path]) -> None:
    """Upload what jobs classify, and let events bring its first answers."""
    container = storage.get_container_client(CONTAINER)
    names = [(f"job/{copy}/{picture.name}", picture) for copy in range(COPIES) for picture in pictures]
    with ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
        list(pool.map(lambda one: container.upload_blob(one[0], one[1].read_bytes()), names))
    wait_for_count(lambda: loupe.counts().outcomes.get(Outcome.CLASSIFIED, 0), len(names), lambda: None)


@contextmanager
def _jobs(loupe: Loupe) -> Iterator[None]:
    """One job after another, until the block ends."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            loupe.wait(loupe.submit(prefix="job/", again=True).id)

    running = threading.Thread(target=run, daemon=True)
    running.start()
    wait_for_count(lambda: sum(job.counts.classified for job in loupe.jobs()), 1, lambda: None)
    yield
    if not running.is_alive():
        raise ValueError("the job ended before all pictures were dropped")
    ended.set()
    running.join()


def _drop_all(storage: BlobServiceClient, api: httpx2.Client, pictures: Sequence[Path], folder: str) -> list[float]:
    took = []
    for picture in pictures:
        time.sleep(random.uniform(*PAUSE_S))  # noqa: S311  (for variety)
        took.append(drop(storage, api, picture, f"{folder}/{picture.name}").total_ms)
    return took[WARM_UP:]


if __name__ == "__main__":
    main()
