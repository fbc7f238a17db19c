"""What writing results costs the client of a store, and nothing else. In a process of its own.

    python -m bench.store_loop FIRST COUNT GROUP EMBEDDING_SIZE

Writes COUNT new results, numbered from FIRST, GROUP at a time, into the store that ``LOUPE_*`` name, with embeddings of
so many values or without. Says how many seconds of CPU that took this process.
"""

import sys
import time

from bench.outcomes import make_results
from loupe_shared.adapters.stores import open_store
from loupe_shared.settings import StoreSettings

WARM_UP = 1024


def main() -> None:
    """Write, and write what it took to standard output."""
    first, count, size, embedding_size = map(int, sys.argv[1:])
    store = open_store(StoreSettings.load())
    store.write(make_results(first, WARM_UP, embedding_size))
    results = make_results(first + WARM_UP, count, embedding_size)
    began = time.process_time()
    for start in range(0, count, size):
        store.write(results[start : start + size])
    sys.stdout.write(str(time.process_time() - began))
    store.close()


if __name__ == "__main__":
    main()
