"""What decides how many workers there are: the settings of KEDA and of the autoscaler (HPA) that it feeds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """What is counted of the queue, as a number of workers that are wanted.

    Attributes:
        waiting_per_worker: jobs that wait, for which one worker is wanted.
        running_per_worker: jobs that workers have taken, for which one worker is wanted; unset if they do not count.
    """

    waiting_per_worker: float
    running_per_worker: float | None = None

    def workers(self, waiting: int, running: int) -> float:
        """How many workers are wanted, before anything is rounded or held back."""
        wanted = waiting / self.waiting_per_worker
        return wanted if self.running_per_worker is None else wanted + running / self.running_per_worker


@dataclass(frozen=True)
class ScaleDown:
    """How quickly workers are taken away.

    Attributes:
        window_s: for which the greatest recommendation of the last seconds holds.
        share: of the workers that may go in ``period_s``.
        pods: that may go in ``period_s``, if that is more.
        period_s: see above.
    """

    window_s: float = 300.0
    share: float = 1.0
    pods: int = 0
    period_s: float = 15.0


@dataclass(frozen=True)
class Policy:
    """How a Deployment of workers is scaled. The defaults are those of KEDA 2.19 and Kubernetes 1.36.

    Attributes:
        name: for people.
        signal: what is counted.
        min_workers: never fewer.
        max_workers: never more.
        polling_s: seconds between KEDA's looks at a Deployment without workers.
        cooldown_s: seconds without anything to do after which KEDA takes the last workers away.
        down: how quickly workers go.
        tolerance: by which the signal may be off without anything being changed.
        grace_s: seconds from SIGTERM to SIGKILL.
    """

    name: str
    signal: Signal
    min_workers: int = 0
    max_workers: int = 8
    polling_s: float = 30.0
    cooldown_s: float = 300.0
    down: ScaleDown = ScaleDown()
    tolerance: float = 0.1
    grace_s: float = 30.0
