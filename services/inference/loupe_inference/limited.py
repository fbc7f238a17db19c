"""Limiting how long a piece of work may run."""

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Limited(Generic[T]):
    """Work in a pool, with a limit on the time that it runs itself; waiting for a thread does not count."""

    def __init__(self, pool: ThreadPoolExecutor, work: Callable[[], T], timeout_s: float) -> None:
        self._work = work
        self._timeout_s = timeout_s
        self._started: float | None = None
        self._future = pool.submit(self._run)

    def result(self) -> T:
        """What the work gives, or raises.

        Raises:
            TimeoutError: it took too long; its thread goes on until it is done.
            CancelledError: others kept it waiting for all of the time, so it was not begun.
        """
        try:
            return self._future.result(self._timeout_s)
        except TimeoutError:
            if self._future.cancel():
                raise CancelledError from None
        began = self._started or time.perf_counter()
        return self._future.result(max(0.0, began + self._timeout_s - time.perf_counter()))

    def _run(self) -> T:
        self._started = time.perf_counter()
        return self._work()
