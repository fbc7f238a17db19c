"""A worker's reports of itself, for those who look on. They never stand in the way of its work."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Self

from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.pipeline import REPORT_INTERVAL_S, Served, WorkerReport
from loupe_shared.ports import Workers
from loupe_shared.tally import Tally

log = logging.getLogger(__name__)

GOODBYE_S = 2.0


class Reporter:
    """Reports this process, in a thread of its own, at once and again and again until the block ends.

    Args:
        workers: takes the reports. If it is away, that is logged once until it is back.
        service: of the process.
        tally: what it has done.
        served: tells which model answers now, if the service has one.
        interval_s: seconds between reports.
    """

    def __init__(
        self,
        workers: Workers,
        service: str,
        tally: Tally,
        served: Callable[[], Served] | None = None,
        interval_s: float = REPORT_INTERVAL_S,
    ) -> None:
        self._workers = workers
        self._service = service
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._tally = tally
        self._served = served
        self._interval_s = interval_s
        self._started_at = now()
        self._arrives = True
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the report back. If the broker takes long, nobody waits: what is not repeated is forgotten."""
        self._closed.set()
        self._thread.join(GOODBYE_S)

    def _run(self) -> None:
        while True:
            self._try(lambda: self._workers.report(self._report()))
            if self._closed.wait(self._interval_s):
                break
        if self._arrives:
            self._try(lambda: self._workers.remove(self._service, self._name))

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except BrokerUnavailable as error:
            if self._arrives:
                log.warning("reports of this worker do not arrive: %s", error)
            self._arrives = False
        else:
            self._arrives = True

    def _report(self) -> WorkerReport:
        served = self._served() if self._served else None
        return WorkerReport(
            service=self._service,
            name=self._name,
            model=str(served.model) if served else None,
            precision=served.model.precision if served else None,
            device=served.device if served else None,
            started_at=self._started_at,
            images=self._tally.total,
            images_per_minute=self._tally.last_minute(),
        )
