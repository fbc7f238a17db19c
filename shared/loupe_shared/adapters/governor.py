"""When a request may be sent to a service that throttles.

One governor stands before all requests of a process to the same service. So what one thread is told, to send less, all
of them do.
"""

import logging
import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

MOST_AT_ONCE = 64
GROWTH = 10  # so many successes allow one more at once
MAX_BACKOFF_S = 5.0


class Throttled(Exception):
    """The service refused a request because there are too many of them.

    Attributes:
        retry_after_s: for how long it wants none; 0 if it did not say.
    """

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Clock:
    """Time, and waiting for it to pass."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so long."""
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Return after so long, or when notified."""
        condition.wait(seconds)


class Governor:
    """Limits how many requests are under way at once to what the service bears. Safe for use from several threads.

    It does as TCP does: when a request is throttled, half as many may be under way as were; every ``GROWTH`` successes
    allow one more.

    Args:
        most: may be under way at once.
        clock: that deadlines are told by.
    """

    def __init__(self, most: int = MOST_AT_ONCE, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._most = most
        self._limit = most
        self._under_way = 0
        self._successes = 0
        self._opens = -math.inf
        self._slowed = -math.inf
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Send one request within this context, which is entered when it may be sent.

        A request that is throttled raises ``Throttled`` in it.

        Raises:
            TimeoutError: the deadline came first.
        """
        began = self._begin(deadline)
        try:
            yield
        except Throttled as refusal:
            self._slow_down(began, refusal.retry_after_s)
            raise
        else:
            self._speed_up()
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def back_off(self, failures: int, base_s: float, deadline: float) -> None:
        """Wait after a failure: a random time, of which the longest doubles with each failure.

        Any time up to the longest is as likely ("full jitter"), so that what failed together does not return together.

        Raises:
            TimeoutError: the deadline would come first; nothing was waited for.
        """
        pause = random.uniform(0.0, min(base_s * 2.0 ** (failures - 1), MAX_BACKOFF_S))  # noqa: S311  (no secret)
        if self.clock.now() + pause >= deadline:
            raise TimeoutError
        self.clock.sleep(pause)

    def _begin(self, deadline: float) -> float:
        with self._changed:
            while (now := self.clock.now()) < deadline:
                if now < self._opens:
                    self.clock.wait(self._changed, min(self._opens, deadline) - now)
                elif self._under_way >= self._limit:
                    self.clock.wait(self._changed, deadline - now)
                else:
                    self._under_way += 1
                    return now
        raise TimeoutError

    def _slow_down(self, began: float, retry_after_s: float) -> None:
        with self._changed:
            now = self.clock.now()
            self._opens = max(self._opens, now + retry_after_s)
            # What was sent before the limit was lowered says nothing of the lower limit.
            if began > self._slowed:
                self._limit = max(self._under_way // 2, 1)
                self._successes = 0
                self._slowed = now
                log.warning("throttled: from now on at most %d at once", self._limit)

    def _speed_up(self) -> None:
        with self._changed:
            self._successes += 1
            if self._successes >= GROWTH and self._limit < self._most:
                self._limit += 1
                self._successes = 0
