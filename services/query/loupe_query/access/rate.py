"""How often each caller may call."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_NAMES = 10_000


class RateLimit:
    """A token bucket for each name, twice as large as what flows into it in a second.

    Names that have not called for longest are forgotten when there are too many, and so begin with a full bucket.

    Args:
        per_second: tokens that flow into each bucket.
        most_names: how many buckets are kept.
        clock: seconds.
    """

    def __init__(
        self, per_second: float, most_names: int = MOST_NAMES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = max(1.0, 2 * per_second)
        self._most_names = most_names
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when there were as many

    def take(self, name: str) -> float:
        """Take a token. Returns 0, or the seconds until there is one to take."""
        now = self._clock()
        tokens, since = self._buckets.get(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._per_second)
        wait = max(0.0, (1 - tokens) / self._per_second)
        self._buckets[name] = (tokens if wait else tokens - 1, now)
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most_names:
            self._buckets.popitem(last=False)
        return wait
