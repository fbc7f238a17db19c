"""A day of a Deployment of workers, event by event.

Events are what arrives, ends, starts and times out, the looks of KEDA and of the HPA, and lost nodes. Between them
nothing changes, so the clock jumps from one to the next (J. Banks et al., Discrete-Event System Simulation, chapter 3).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from bench.scaling.autoscaler import SYNC_S, Hpa, Keda
from bench.scaling.hardware import Hardware
from bench.scaling.jobqueue import JobQueue
from bench.scaling.nodes import Nodes
from bench.scaling.outcome import Moment, Outcome
from bench.scaling.policy import Policy
from bench.scaling.traffic import Jobs
from bench.scaling.workers import Lengths, Workers

AFTER_S = 3 * 3600  # what is not done so long after the end of the traffic, or still runs, is left as it is


@dataclass(frozen=True)
class Circumstances:
    """What a day is like beside its traffic.

    Attributes:
        visibility_s: after which a job that is not acknowledged is given to another worker.
        concurrent_jobs: that a worker holds at most.
        slow_share: of the jobs of which storage keeps one image waiting.
        slow_s: for how long.
        lost_nodes_per_hour: how often each node goes without notice, as a spot node may.
    """

    visibility_s: float = 600.0
    concurrent_jobs: int = 2
    slow_share: float = 0.0005
    slow_s: float = 20.0
    lost_nodes_per_hour: float = 0.0


class Simulation:
    """One run.

    Args:
        jobs: what arrives.
        lengths: of the jobs.
        policy: how many workers there are.
        hardware: on which they run.
        circumstances: beside.
        rng: chance.
    """

    def __init__(
        self,
        jobs: Jobs,
        lengths: Lengths,
        policy: Policy,
        hardware: Hardware,
        circumstances: Circumstances,
        rng: np.random.Generator,
    ) -> None:
        self._jobs = jobs
        self._policy = policy
        self._circumstances = circumstances
        self._rng = rng
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()
        self._queue = JobQueue(jobs, circumstances.visibility_s)
        self._nodes = Nodes(hardware, rng, self._later)
        self._workers = Workers(
            self._queue, lengths, self._nodes, self._later, hardware.start_s, circumstances.concurrent_jobs
        )
        self._keda, self._hpa = Keda(policy), Hpa(policy)
        self._moments: list[Moment] = []

    def run(self) -> Outcome:
        """From the first event to the last."""
        for _ in range(self._policy.min_workers):
            self._workers.add(0.0)
        self._later(0.0, self._poll)
        self._later(SYNC_S, self._sync)
        now, horizon = 0.0, self._jobs.lasts_s + AFTER_S
        arrivals = self._jobs.at.tolist()
        arrived = 0
        while not self._is_over(now) and now <= horizon:
            if arrived < len(arrivals) and arrivals[arrived] <= self._events[0][0]:
                now = arrivals[arrived]
                self._queue.arrive(arrived)
                self._workers.feed(now)
                arrived += 1
            else:
                now, _, happens = heapq.heappop(self._events)
                happens(now)
        waits_s, images = self._queue.waits()
        return Outcome(
            waits_s=waits_s,
            images=images,
            undone=self._queue.undone,
            done_again=self._queue.done_again,
            begun_again=self._workers.begun_again,
            ended_busy=self._workers.ended_busy,
            node_hours=self._nodes.paid_until(now) / 3600,
            moments=self._moments,
        )

    def _later(self, at: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), happens))

    def _is_over(self, now: float) -> bool:
        if now < self._jobs.lasts_s or self._queue.undone or self._queue.running:
            return False
        return self._policy.min_workers > 0 or not (self._workers.present or self._nodes.present)

    def _wanted(self) -> float:
        return self._policy.signal.workers(self._queue.waiting, self._queue.running)

    def _poll(self, now: float) -> None:
        replicas = len(self._workers.present)
        self._scale(now, self._keda.poll(now, replicas, self._wanted()))
        self._later(now + self._policy.polling_s, self._poll)

    def _sync(self, now: float) -> None:
        self._lose_nodes(now)
        replicas = len(self._workers.present)
        self._scale(now, self._hpa.sync(now, replicas, self._wanted()))
        self._moments.append(
            Moment(
                now,
                self._queue.waiting,
                self._queue.oldest_s(now),
                len(self._workers.present),
                self._workers.ready,
                len(self._nodes.present),
            )
        )
        self._later(now + SYNC_S, self._sync)

    def _scale(self, now: float, replicas: int) -> None:
        while len(self._workers.present) < replicas:
            self._workers.add(now)
        while len(self._workers.present) > replicas:
            self._workers.end_one(now, self._policy.grace_s)

    def _lose_nodes(self, now: float) -> None:
        chance = self._circumstances.lost_nodes_per_hour * SYNC_S / 3600
        lost = [node for node in self._nodes.present if chance and self._rng.random() < chance]
        for node in lost:
            self._nodes.remove(now, node)
            for worker in self._workers.on(node):
                self._workers.kill(now, worker)
                self._workers.add(now)  # the Deployment makes another


def simulate(
    jobs: Jobs, policy: Policy, hardware: Hardware, circumstances: Circumstances, rng: np.random.Generator
) -> Outcome:
    """Let workers of a kind do jobs."""
    is_slow = rng.random(len(jobs.at)) < circumstances.slow_share
    lengths = Lengths(np.where(is_slow, circumstances.slow_s, 0.0), hardware.draw(jobs.images, rng))
    return Simulation(jobs, lengths, policy, hardware, circumstances, rng).run()
