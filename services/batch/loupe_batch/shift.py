"""Working on one job until it has ended, also through outages."""

import logging
import threading
from collections.abc import Callable

from loupe_batch.counting import Counting
from loupe_batch.ledger import Ledger, NotOurs
from loupe_batch.runner import Runner, Tools
from loupe_shared.batch.job import BatchJob, State
from loupe_shared.batch.ports import JobStore
from loupe_shared.errors import PermanentError, TransientError
from loupe_shared.ports import Announcer
from loupe_shared.telemetry import tracing

FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 10.0

log = logging.getLogger(__name__)


class Shift:
    """Takes jobs and works on them. Safe for use from several threads.

    Args:
        store: the jobs.
        announcer: is told how they go on.
        equip: gives what it takes to run a job.
        runner: a name that no other process has.
        stopped: is set when the process is to end.
    """

    def __init__(
        self,
        store: JobStore,
        announcer: Announcer,
        equip: Callable[[BatchJob], Tools],
        runner: str,
        stopped: threading.Event,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._equip = equip
        self._runner = runner
        self._stopped = stopped

    def work_on(self, job: BatchJob) -> None:
        """Return when the job has ended, somebody else says what becomes of it, or the process is to end.

        Raises:
            NotOurs: somebody else took it first.
            TransientError: the store of jobs does not answer.
        """
        with tracing.span("run batch job", attributes={"loupe.batch_job": job.id}):
            self._work_on(job)

    def _work_on(self, job: BatchJob) -> None:
        ledger = Ledger(job, self._store, self._announcer, self._runner)
        ledger.take()
        log.info("job %s is worked on", job.id)
        try:
            tools = self._equip(ledger.job)
        except PermanentError as error:
            ledger.finish(State.FAILED, str(error))
            return
        runner = Runner(ledger, self._store.chunks(job.id), tools)
        counting = Counting(tools.source.count) if tools.source and ledger.job.total is None else None
        try:
            self._go_on(runner, ledger, counting)
        except NotOurs as left:
            log.info("job %s is left: %s", job.id, left)
            ledger.close(runner.open_counts())
        finally:
            if counting:
                counting.stop()

    def _go_on(self, runner: Runner, ledger: Ledger, counting: Counting | None) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopped.is_set():
            try:
                runner.run(counting, self._stopped)
            except TransientError as error:
                log.warning("job %s waits: %s", ledger.job.id, error)
                self._stopped.wait(pause_s)
                pause_s = min(MAX_PAUSE_S, pause_s * 2)
                runner.report(counting)  # nobody else needs to take it
            except PermanentError as error:
                runner.fail(str(error))
                return
            else:
                return
