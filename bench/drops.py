"""Pictures dropped alone into an idle system, and how long each took to be queryable.

    python -m bench.drops STATE BUNDLE <PATHS_OF_PICTURES

The system is that of ``make run``, with the emulator, the bridge and all. Writes a JSON list, with an object for each
picture, to standard output.
"""

import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
from azure.storage.blob import BlobServiceClient, ContentSettings

from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.ports import bypass_proxies, free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.result import Result

POLL_INTERVAL_S = 0.005
TIMEOUT_S = 30.0
PAUSE_S = (0.3, 0.7)  # in which the system becomes idle, and which falls anywhere between two looks into the queue
WARM_UP = 3  # the first are not counted


@dataclass(frozen=True)
class Drop:
    """What became of one.

    Attributes:
        total_ms: from the end of the upload until the API first answered with the result.
        work_ms: of that, decoding and inference.
    """

    total_ms: float
    work_ms: float


def drop(storage: BlobServiceClient, api: httpx2.Client, picture: Path, name: str) -> Drop:
    """Upload one and wait for its result.

    Raises:
        TimeoutError: none came.
    """
    settings = ContentSettings(content_type="image/jpeg")
    storage.get_blob_client(CONTAINER, name).upload_blob(picture.read_bytes(), content_settings=settings)
    uploaded = time.perf_counter()
    while time.perf_counter() < uploaded + TIMEOUT_S:
        response = api.get(f"/v1/images/{CONTAINER}/{quote(name)}")
        if response.is_success:
            total_ms = (time.perf_counter() - uploaded) * 1000
            timings = Result.model_validate_json(response.content).timings_ms
            return Drop(total_ms, timings.decode + timings.inference)
        time.sleep(POLL_INTERVAL_S)
    raise TimeoutError(f"{name} has no result after {TIMEOUT_S:.0f} s")


def main() -> None:
    """Start everything, drop the pictures, and say how long they took."""
    state, bundle = map(Path, sys.argv[1:])
    pictures = [Path(line) for line in sys.stdin.read().splitlines()]
    bypass_proxies()
    config = StackConfig(state, bundle, free_port(), free_port(), StoragePorts(free_port(), free_port()))
    drops: list[Drop] = []
    with Stack(config) as stack, stack.azurite.blobs() as storage, httpx2.Client(base_url=stack.api) as api:
        for number, picture in enumerate(pictures):
            time.sleep(random.uniform(*PAUSE_S))  # noqa: S311  (for variety)
            drops.append(drop(storage, api, picture, f"{number}/{picture.name}"))
    json.dump([asdict(one) for one in drops[WARM_UP:]], sys.stdout)


if __name__ == "__main__":
    main()
