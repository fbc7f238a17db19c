"""``Workers`` without a server, for tests. It passes the same contract tests as the real one."""

import threading
import time

from loupe_shared.domain import now
from loupe_shared.pipeline import FORGOTTEN_AFTER_S, Worker, WorkerReport


class MemoryWorkers:
    """``Workers`` in a dictionary."""

    def __init__(self, forgotten_after_s: float = FORGOTTEN_AFTER_S) -> None:
        self._forgotten_after_s = forgotten_after_s
        self._reports: dict[tuple[str, str], tuple[float, Worker]] = {}
        self._lock = threading.Lock()

    def report(self, report: WorkerReport) -> None:
        """See ``Workers.report``."""
        worker = Worker(**report.model_dump(), reported_at=now())
        with self._lock:
            self._reports[report.service, report.name] = time.monotonic(), worker

    def remove(self, service: str, name: str) -> None:
        """See ``Workers.remove``."""
        with self._lock:
            self._reports.pop((service, name), None)

    def all(self) -> list[Worker]:
        """See ``Workers.all``."""
        limit = time.monotonic() - self._forgotten_after_s
        with self._lock:
            for key in [key for key, (since, _) in self._reports.items() if since < limit]:
                del self._reports[key]
            return [self._reports[key][1] for key in sorted(self._reports)]
