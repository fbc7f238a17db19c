"""Group commit: what several callers want to have written at the same time is written in one go.

A transaction costs about the same however much is in it, so databases do so with their commits.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

GATHER_S = 0.2
MANY = 4  # that come in this time. Fewer cost little, and a new image should not wait for the next of a batch job

T = TypeVar("T")


class GroupCommit(Generic[T]):
    """Safe for use from several threads, of which one at a time writes: for itself and for all that wait by then.

    What comes now and then is written at once. When many come in a short time, each group gathers for a while.

    Args:
        commit: writes a group. May be given the same again.
        callers: how many threads there are at most. When all of them wait, nothing more can come.
    """

    def __init__(self, commit: Callable[[Sequence[T]], None], callers: int) -> None:
        self._commit = commit
        self._callers = callers
        self._waiting: list[tuple[T, Future[bool]]] = []
        self._changed = threading.Condition()
        self._turn = threading.Lock()
        self._begun = deque[float](maxlen=MANY)

    def write(self, one: T) -> None:
        """Return once it is written.

        A group that fails is written again one by one, each by who brought it, so that an error stays with its cause.

        Raises:
            Exception: what ``commit`` raises for this one alone.
        """
        written = Future[bool]()
        with self._changed:
            self._waiting.append((one, written))
            self._begun.append(time.monotonic())
            self._changed.notify()
        with self._turn:
            if not written.done():
                self._write_group()
        if not written.result():
            self._commit([one])

    def _write_group(self) -> None:
        group = self._gather()
        succeeded = False
        try:
            self._commit([one for one, _ in group])
            succeeded = True
        except Exception as error:
            if len(group) == 1:
                raise
            log.warning("%d batches could not be written together, and are written one by one: %s", len(group), error)
        finally:
            for _, written in group:
                written.set_result(succeeded)

    def _gather(self) -> list[tuple[T, Future[bool]]]:
        with self._changed:
            if len(self._begun) == MANY and time.monotonic() - self._begun[0] < GATHER_S:
                self._changed.wait_for(lambda: len(self._waiting) >= self._callers, GATHER_S)
            group, self._waiting = self._waiting, []
        return group
