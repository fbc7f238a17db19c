"""How many images an input has, so that a job's end can be estimated long before all of it was read."""

import logging
import threading
from collections.abc import Callable

from loupe_shared.container import CountedPage
from loupe_shared.errors import LoupeError, TransientError

PAUSE_S = 10.0

log = logging.getLogger(__name__)


class Counting:
    """Reads an input once to its end, in a thread of its own, and keeps nothing of it.

    Args:
        count: counts a part of it, see ``Source.count``.

    Attributes:
        total: unset until it is known.
    """

    def __init__(self, count: Callable[[str], CountedPage]) -> None:
        self.total: int | None = None
        self._count = count
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counting", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Count no more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        count, place = 0, ""
        try:
            while not self._stopped.is_set():
                try:
                    part = self._count(place)
                except TransientError as error:
                    log.warning("the images of a job are counted later: %s", error)
                    self._stopped.wait(PAUSE_S)
                    continue
                count, place = count + part.blobs, part.next
                if not place:
                    self.total = count
                    return
        except LoupeError as error:  # the job itself reads the same, and says what is wrong
            log.warning("the images of a job could not be counted: %s", error)
