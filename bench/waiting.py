"""Waiting until everything is done, with few questions: those who are measured may work for the answers."""

import time
from collections.abc import Callable

MIN_INTERVAL_S, MAX_INTERVAL_S = 0.1, 2.0
PATIENCE_S = 60.0


def wait_for_count(count: Callable[[], int], expected: int, check: Callable[[], None]) -> None:
    """Return once a count that grows is as great as expected, at most a tenth of a second later.

    Args:
        count: how many there are.
        expected: how many there should be.
        check: raises if something that is waited for cannot come any more.

    Raises:
        TimeoutError: it did not grow for a minute.
    """
    began = changed_at = time.monotonic()
    first = known = count()
    while known < expected:
        time.sleep(_interval_s(known - first, expected - known, time.monotonic() - began))
        check()
        found, moment = count(), time.monotonic()
        if found != known:
            known, changed_at = found, moment
        if moment - changed_at > PATIENCE_S:
            raise TimeoutError(f"{known} of {expected} images are done, and no more for {PATIENCE_S:.0f} s")


def _interval_s(done: int, left: int, elapsed_s: float) -> float:
    """Half of what the rest will take if it goes on as until now."""
    if not done:
        return MIN_INTERVAL_S
    return min(MAX_INTERVAL_S, max(MIN_INTERVAL_S, left * elapsed_s / done / 2))
