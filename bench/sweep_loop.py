"""One sweep of a container in which nothing differs, in a process of its own, for ``bench.figures.listing``.

    python -m bench.sweep_loop [--archive] BLOBS

Settings come from the environment as those of the reconciler do. Prints seconds, and seconds of CPU, as JSON. Without
``--archive`` it only lists.
"""

import json
import sys
import time

from loupe_reconciler.merge import Names, differences
from loupe_reconciler.settings import ReconcilerSettings
from loupe_shared.adapters.blob_listing import AzureListing
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.stores import open_store


def main() -> None:
    """List, and merge if that is asked for; everything must be found, and nothing may differ."""
    settings, expected = ReconcilerSettings.load(), int(sys.argv[-1])
    http = StorageHttp(settings, 16, 60)
    store = open_store(settings)
    listing = AzureListing(settings.blob_endpoint, settings.image_container, http)
    names = Names(store, settings.image_container, "", "") if "--archive" in sys.argv else None
    began, cpu, listed, differing = time.perf_counter(), time.process_time(), 0, 0
    coming = listing.page("", "")
    while True:
        page = coming.result()
        if page.next:
            coming = listing.page("", page.next)
        listed += len(page.blobs)
        if names:
            differing += sum(1 for _ in differences(page.blobs, names, is_last=not page.next))
        if not page.next:
            break
    took = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    if (listed, differing) != (expected, 0):
        raise ValueError(f"{listed} listed and {differing} different, of {expected}")
    store.close()
    http.close()
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main()
