"""Giving way to live images."""

import logging
import threading
import time

from loupe_shared.errors import LoupeError
from loupe_shared.messages import BackfillJob
from loupe_shared.ports import Queues

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.1
MAX_LOOK_INTERVAL_S = 2.0
LONG_S = 10.0


class Stopped(LoupeError):
    """The process was told to end. What was done is remembered."""


class Pace:
    """Waits until nothing waits in the queues. For use from one thread at a time.

    Args:
        queues: of the broker.
        stopped: is set when the process is to end.

    Attributes:
        waited_s: seconds that were waited in all.
    """

    def __init__(self, queues: Queues, stopped: threading.Event) -> None:
        self._queues = queues
        self._stopped = stopped
        self.waited_s = 0.0

    def wait(self) -> None:
        """Return when every job has a worker.

        Raises:
            BrokerUnavailable: nobody knows.
            Stopped: the process is to end.
        """
        began, interval_s, is_told = time.monotonic(), LOOK_INTERVAL_S, False
        while waiting := self._waiting():
            if not is_told and time.monotonic() - began > LONG_S:
                log.info("the sweep waits until %d jobs in the queues have workers", waiting)
                is_told = True
            self._stopped.wait(interval_s)
            self.check()
            interval_s = min(MAX_LOOK_INTERVAL_S, interval_s * 1.2)
        self.check()
        self.waited_s += time.monotonic() - began

    def _waiting(self) -> int:
        """Jobs that wait, but for those of batch jobs, which have workers of their own and always wait."""
        return sum(queue.waiting for queue in self._queues.backlog().queues if queue.name != BackfillJob.queue)

    def check(self) -> None:
        """Return if the process is not to end.

        Raises:
            Stopped: it is.
        """
        if self._stopped.is_set():
            raise Stopped("the sweep was ended, and goes on from here the next time")
