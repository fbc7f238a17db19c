"""How much a worker has done, in all and lately."""

import threading
import time
from collections import deque
from collections.abc import Callable

MINUTE_S = 60


class Tally:
    """Counts images. Safe for use from several threads.

    It costs an addition under a lock for each job, and keeps a number for each second of the last minute.

    Args:
        clock: gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._total = 0
        self._seconds: deque[tuple[int, int]] = deque()
        self._lock = threading.Lock()

    def add(self, images: int) -> None:
        """Count images that are done."""
        with self._lock:
            now = self._forget()
            self._total += images
            if self._seconds and self._seconds[-1][0] == now:
                images += self._seconds.pop()[1]
            self._seconds.append((now, images))

    @property
    def total(self) -> int:
        """All of them."""
        return self._total

    def last_minute(self) -> int:
        """Those of the last 60 seconds, to the second."""
        with self._lock:
            self._forget()
            return sum(images for _, images in self._seconds)

    def _forget(self) -> int:
        """Drop what is older than a minute. Returns the present second."""
        now = int(self._clock())
        while self._seconds and self._seconds[0][0] <= now - MINUTE_S:
            self._seconds.popleft()
        return now
