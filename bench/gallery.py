"""An archive to look through, whose pictures exist.

Every picture is a blob of its own, and its thumbnail is made when a page first asks for it, as ever. What is not as in
use: the results are drawn, and written straight into the archive. A few hundred parts of photos come again and again,
under new names. They are hardly larger than thumbnails, so that making these costs little.
"""

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from azure.storage.blob import ContentSettings

from bench.outcomes import make_results
from bench.pages import pages
from bench.pictures import Kind, make_pictures
from bench.storage import CONCURRENT_UPLOADS, EmulatedStorage
from loupe_local.azurite import CONTAINER
from loupe_shared.adapters.sqlite import SqliteStore

KIND = Kind(320, 240, ".jpg")
PARTS = 400
GROUP = 1000


@contextmanager
def gallery(pictures: Path, state: Path, count: int) -> Iterator[str]:
    """Gives the address of the pages over a new archive, while the context lasts.

    Args:
        pictures: folder for parts of photos.
        state: folder for data and logs. What was in it is removed.
        count: how many pictures there are.
    """
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    results, file = make_results(0, count), state / "results.sqlite"
    store = SqliteStore(file)
    for start in range(0, count, GROUP):
        store.write(results[start : start + GROUP])
    store.close()
    with EmulatedStorage(state) as storage:
        _upload(storage, [result.image.blob for result in results], make_pictures(pictures, KIND, PARTS))
        with pages(file, state, LOUPE_BLOB_ENDPOINT=storage.blob_endpoint) as address:
            yield address


def _upload(storage: EmulatedStorage, names: Sequence[str], pictures: Sequence[Path]) -> None:
    bodies = [picture.read_bytes() for picture in pictures]
    settings = ContentSettings(content_type="image/jpeg")
    with storage.azurite.blobs() as service, ThreadPoolExecutor(CONCURRENT_UPLOADS) as pool:
        container = service.get_container_client(CONTAINER)

        def upload(number: int) -> None:
            body = bodies[number % len(bodies)]
            # A request that is sent again, because its answer was late, finds its own blob.
            container.upload_blob(names[number], body, content_settings=settings, overwrite=True)

        list(pool.map(upload, range(len(names))))
