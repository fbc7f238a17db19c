"""Pictures dropped alone into an idle system while somebody looks at the archive, and how soon each was seen.

    python -m bench.arrivals STATE BUNDLE <PATHS_OF_PICTURES

The system is that of ``make run``, with the emulator, the bridge and all. The browser shows the top of the archive,
which is empty at first. Writes a JSON list, with an object for each picture, to standard output.
"""

import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
from azure.storage.blob import ContainerClient, ContentSettings
from playwright.sync_api import Page

from bench.chromium import newcomer, open_browser
from bench.drops import PAUSE_S, WARM_UP
from bench.places import FRONTEND
from bench.visits import SIGHTINGS
from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.ports import bypass_proxies, free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.result import Result

THUMBNAIL = "name => sightings.thumbnails[name]"
TILE = "name => sightings.tiles[name]"


@dataclass(frozen=True)
class Arrival:
    """How one came to be seen. All moments are of this machine's one clock.

    Attributes:
        tile_ms: from when the results service began to write the result, which the result says itself, until its tile
            stood in the open page.
        thumbnail_ms: the same, until its thumbnail was loaded, which is made meanwhile.
        whole_ms: from the end of the upload until its tile stood there, with decoding and inference.
    """

    tile_ms: float
    thumbnail_ms: float
    whole_ms: float


class Watching:
    """Somebody looks at the archive, and pictures are dropped into it.

    Args:
        api: address of the query API.
        container: where pictures are dropped.
        page: shows the archive.
    """

    def __init__(self, api: str, container: ContainerClient, page: Page) -> None:
        self._api, self._container, self._page = api, container, page

    def drop(self, picture: Path, name: str) -> Arrival:
        """Upload one and wait until it is seen."""
        settings = ContentSettings(content_type="image/jpeg")
        self._container.upload_blob(name, picture.read_bytes(), content_settings=settings)
        uploaded_ms = time.time() * 1000
        thumbnail_ms = self._page.wait_for_function(THUMBNAIL, arg=name).json_value()
        tile_ms = self._page.evaluate(TILE, name)
        written_ms = self._written_ms(name)
        return Arrival(tile_ms - written_ms, thumbnail_ms - written_ms, tile_ms - uploaded_ms)

    def _written_ms(self, name: str) -> float:
        response = httpx2.get(f"{self._api}/v1/images/{CONTAINER}/{quote(name)}").raise_for_status()
        stored_at = Result.model_validate_json(response.content).stored_at
        if stored_at is None:
            raise ValueError(f"the result of {name} does not say when it was written")
        return stored_at.timestamp() * 1000


def main() -> None:
    """Start everything, drop the pictures, and say how soon they were seen."""
    state, bundle = map(Path, sys.argv[1:])
    pictures = [Path(line) for line in sys.stdin.read().splitlines()]
    bypass_proxies()
    storage = StoragePorts(free_port(), free_port())
    config = StackConfig(state, bundle, free_port(), free_port(), storage, frontend=FRONTEND)
    arrivals: list[Arrival] = []
    with (
        Stack(config) as stack,
        stack.azurite.blobs() as blobs,
        open_browser() as browser,
        newcomer(browser, stack.api) as context,
    ):
        context.add_init_script(path=SIGHTINGS)
        page = context.new_page()
        page.goto("/")
        page.get_by_text("Live", exact=True).wait_for()
        watching = Watching(stack.api, blobs.get_container_client(CONTAINER), page)
        for number, picture in enumerate(pictures):
            time.sleep(random.uniform(*PAUSE_S))  # noqa: S311  (for variety)
            arrivals.append(watching.drop(picture, f"{number}/{picture.name}"))
    json.dump([asdict(one) for one in arrivals[WARM_UP:]], sys.stdout)


if __name__ == "__main__":
    main()
