"""Which jobs are run."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from loupe_batch.ledger import NotOurs
from loupe_shared.batch.job import BatchJob, State
from loupe_shared.batch.ports import JobStore
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import now
from loupe_shared.errors import TransientError

LOOK_INTERVAL_S = 1.0
MAX_PAUSE_S = 30.0
MAX_ACTIVE = 1000

log = logging.getLogger(__name__)


class Foreman:
    """Takes jobs that nobody works on, the oldest first, and has them run, several at once.

    Args:
        store: the jobs.
        run: runs one of them until it has ended, is not ours any more, or the process is to end.
        jobs: most at once.
        rescue: publishes again what was lost in the broker.
        stopped: is set when the process is to end.
    """

    def __init__(
        self,
        store: JobStore,
        run: Callable[[BatchJob], None],
        jobs: int,
        rescue: Callable[[], None],
        stopped: threading.Event,
    ) -> None:
        self._store = store
        self._run = run
        self._jobs = jobs
        self._rescue = rescue
        self._stopped = stopped
        self._running: dict[str, Future[None]] = {}

    def serve(self) -> None:
        """Work until the process is to end."""
        failures = 0
        with ThreadPoolExecutor(self._jobs, "job") as pool:
            while not self._stopped.is_set():
                try:
                    self._look(pool)
                    self._rescue()
                    failures = 0
                except TransientError as error:
                    failures += 1
                    log.warning("will try again: %s", error)
                self._stopped.wait(min(MAX_PAUSE_S, LOOK_INTERVAL_S * 2 ** min(failures, 10)))

    def _look(self, pool: ThreadPoolExecutor) -> None:
        self._running = {id_: running for id_, running in self._running.items() if not running.done()}
        if len(self._running) == self._jobs:
            return
        active = self._store.page((State.QUEUED, State.RUNNING), MAX_ACTIVE)
        free = [job for job in reversed(active) if _is_free(job) and job.id not in self._running]
        for job in free[: self._jobs - len(self._running)]:
            self._running[job.id] = pool.submit(self._try, job)

    def _try(self, job: BatchJob) -> None:
        try:
            self._run(job)
        except NotOurs:
            log.debug("somebody else took job %s first", job.id)
        except TransientError as error:  # its lease ends, and then somebody takes it again
            log.warning("job %s is left for a while: %s", job.id, error)
        except Exception:
            log.exception("job %s is left for a while", job.id)


class Rescue:
    """Publishes again what was written down and is in no queue, now and then.

    Args:
        dispatch: knows it and publishes it.
        after_s: longer than any worker holds a message before it is given to another.
    """

    def __init__(self, dispatch: Dispatch, after_s: float) -> None:
        self._dispatch = dispatch
        self._after_s = after_s
        self._looked_at = time.monotonic()

    def __call__(self) -> None:
        """Look, if it is time.

        Raises:
            BrokerUnavailable: nobody knows.
        """
        if time.monotonic() - self._looked_at < self._after_s / 2:
            return
        self._looked_at = time.monotonic()
        self._dispatch.rescue(self._after_s)


def _is_free(job: BatchJob) -> bool:
    return job.state is State.QUEUED or job.lease is None or job.lease.until < now()
