"""Workers: they start, take jobs, and end when they are told to."""

from collections import deque
from dataclasses import dataclass, field
from functools import partial

from bench.scaling.jobqueue import JobQueue, Taken
from bench.scaling.nodes import Later, Node, Nodes
from bench.scaling.traffic import Floats


@dataclass(eq=False)
class Worker:
    """One pod.

    It works on one job after the other. In truth they share decoders and batches, which takes as long for all of them.
    A job of which storage keeps an image waiting takes no work meanwhile, but a place.

    Attributes:
        node: on which it runs.
        ready_at: when it takes its first job.
        holds: jobs that it has taken.
        line: those whose images are there; it works on the first.
        is_ready: it has started.
        is_ending: it takes no more jobs.
        is_gone: its process has ended.
    """

    node: Node
    ready_at: float
    holds: list[Taken] = field(default_factory=list)
    line: deque[Taken] = field(default_factory=deque)
    is_ready: bool = False
    is_ending: bool = False
    is_gone: bool = False


@dataclass(frozen=True)
class Lengths:
    """How long jobs take.

    Attributes:
        reads_s: float64, [jobs]: seconds for which storage keeps one waiting.
        runs_s: float64, [jobs]: seconds of a worker's work.
    """

    reads_s: Floats
    runs_s: Floats


class Workers:
    """All pods of a Deployment.

    Args:
        queue: from which they take jobs.
        lengths: of the jobs.
        nodes: on which they run.
        later: calls something at a moment.
        start_s: from being placed on a node that is ready to the first job.
        concurrent_jobs: that each holds at most.

    Attributes:
        present: those that are not ending, in the order in which they were made.
        ended_busy: how many were told to end while they held a job.
        begun_again: images of jobs that a worker had begun, and that had to be begun again because it was killed.
    """

    def __init__(
        self, queue: JobQueue, lengths: Lengths, nodes: Nodes, later: Later, start_s: float, concurrent_jobs: int
    ) -> None:
        self._queue = queue
        self._reads_s: list[float] = lengths.reads_s.tolist()
        self._runs_s: list[float] = lengths.runs_s.tolist()
        self._nodes = nodes
        self._later = later
        self._start_s = start_s
        self._concurrent_jobs = concurrent_jobs
        self._asking: deque[Worker] = (
            deque()
        )  # once for each job more that a worker would take: who asked first gets it
        self._alive = 0
        self.present: list[Worker] = []
        self.ended_busy = 0
        self.begun_again = 0

    @property
    def ready(self) -> int:
        """How many take jobs."""
        return sum(worker.is_ready for worker in self.present)

    def add(self, now: float) -> None:
        """Make one."""
        node = self._nodes.place(now)
        worker = Worker(node, max(now, node.ready_at) + (self._start_s if now else 0))
        self.present.append(worker)
        self._later(worker.ready_at, lambda then: self._begin(then, worker))

    def end_one(self, now: float, grace_s: float) -> None:
        """Tell one to end: one that has not started, or else the last that has, as Kubernetes chooses."""
        worker = max(self.present, key=lambda one: (not one.is_ready, one.ready_at))
        self.present.remove(worker)
        worker.is_ending = True
        if not worker.holds:
            self._gone(now, worker)
            return
        self.ended_busy += 1
        self._later(now + grace_s, lambda then: self.kill(then, worker))

    def kill(self, now: float, worker: Worker) -> None:
        """A worker's process is gone. What it held comes back after the visibility timeout."""
        if worker.is_gone:
            return
        if worker in self.present:
            self.present.remove(worker)
        self.begun_again += sum(self._queue.images_of(taken) for taken in worker.holds)
        for taken in worker.holds:
            self._watch(now, taken)
        self._gone(now, worker)

    def on(self, node: Node) -> list[Worker]:
        """Those on a node."""
        return [worker for worker in self.present if worker.node is node]

    def feed(self, now: float) -> None:
        """Give what waits to those that ask."""
        while self._queue.waiting and self._asking:
            worker = self._asking.popleft()
            if worker.is_ending or worker.is_gone:
                continue
            taken = self._queue.take(now)
            if taken is None:
                return
            worker.holds.append(taken)
            reads_s = self._reads_s[taken.job]
            if reads_s:
                if now + reads_s > self._queue.times_out_at(taken):
                    self._watch(now, taken)
                self._later(now + reads_s, partial(self._line_up, worker=worker, taken=taken))
            else:
                self._line_up(now, worker, taken)

    def _begin(self, now: float, worker: Worker) -> None:
        if worker.is_gone:
            return
        worker.is_ready = True
        self._alive += 1
        self._asking.extend([worker] * self._concurrent_jobs)
        self._queue.revive()
        self.feed(now)

    def _line_up(self, now: float, worker: Worker, taken: Taken) -> None:
        worker.line.append(taken)
        if len(worker.line) == 1:
            self._work(now, worker)

    def _work(self, now: float, worker: Worker) -> None:
        taken = worker.line[0]
        ends = now + self._runs_s[taken.job]
        if ends > self._queue.times_out_at(taken):
            self._watch(now, taken)
        self._later(ends, lambda then: self._done(then, worker))

    def _done(self, now: float, worker: Worker) -> None:
        if worker.is_gone:
            return
        taken = worker.line.popleft()
        worker.holds.remove(taken)
        self._queue.acknowledge(now, taken)
        if worker.line:
            self._work(now, worker)
        if worker.is_ending:
            if not worker.holds:
                self._gone(now, worker)
            return
        self._asking.append(worker)
        self.feed(now)

    def _watch(self, now: float, taken: Taken) -> None:
        """A job will not be acknowledged in time."""
        self._later(max(now, self._queue.times_out_at(taken)), lambda then: self._come_back(then, taken))

    def _come_back(self, now: float, taken: Taken) -> None:
        if self._queue.time_out(taken, anybody=self._alive > 0):
            self.feed(now)

    def _gone(self, now: float, worker: Worker) -> None:
        worker.is_gone = True
        self._alive -= worker.is_ready
        self._nodes.leave(now, worker.node)
