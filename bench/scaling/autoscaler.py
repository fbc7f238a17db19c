"""KEDA and the Horizontal Pod Autoscaler, as they calculate.

KEDA takes a Deployment from none to one and back to none; in between the HPA decides, every 15 seconds, with an
external metric of type AverageValue. The rules are those of the HPA's documentation and of its controller:
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

import math
from collections import deque

from bench.scaling.policy import Policy

SYNC_S = 15.0
# How quickly workers may come, by default: twice as many, or four more, in a period of 15 seconds.
UP_SHARE, UP_PODS, UP_PERIOD_S = 1.0, 4, 15.0


class Keda:
    """Whether there are workers at all."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._active_at = 0.0

    def poll(self, now: float, replicas: int, wanted: float) -> int:
        """How many replicas there should be, as far as KEDA decides it."""
        policy = self._policy
        if wanted > 0:
            self._active_at = now
            return max(replicas, 1, policy.min_workers)
        if policy.min_workers == 0 and replicas and now > self._active_at + policy.cooldown_s:
            return 0
        return replicas


class Hpa:
    """How many workers there are, once there are some."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._recommended: deque[tuple[float, int]] = deque()
        self._changes: deque[tuple[float, int]] = deque()  # when, and by how many

    def sync(self, now: float, replicas: int, wanted: float) -> int:
        """How many replicas there should be. Without any, the HPA rests."""
        if replicas == 0:
            self._recommended.clear()
            return 0
        policy = self._policy
        desired = replicas if abs(wanted / replicas - 1) <= policy.tolerance else math.ceil(wanted)
        desired = min(max(desired, policy.min_workers, 1), policy.max_workers)
        self._recommended.append((now, desired))
        while self._recommended[0][0] < now - policy.down.window_s:
            self._recommended.popleft()
        # To come down, all of the window must agree; to go up, the present is enough.
        stable = max(desired, min(replicas, max(one for _, one in self._recommended)))
        limited = self._limit(now, replicas, stable)
        if limited != replicas:
            self._changes.append((now, limited - replicas))
        return limited

    def _limit(self, now: float, replicas: int, desired: int) -> int:
        down = self._policy.down
        while self._changes and self._changes[0][0] <= now - max(down.period_s, UP_PERIOD_S):
            self._changes.popleft()
        if desired > replicas:
            before = replicas - sum(by for when, by in self._changes if by > 0 and when > now - UP_PERIOD_S)
            return min(desired, max(replicas, math.ceil(before * (1 + UP_SHARE)), before + UP_PODS))
        before = replicas - sum(by for when, by in self._changes if by < 0 and when > now - down.period_s)
        return max(desired, min(replicas, math.floor(before * (1 - down.share)), before - down.pods))
