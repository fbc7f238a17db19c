"""Sweeping again and again."""

import logging
import threading
from collections.abc import Callable

from loupe_reconciler.pace import Stopped
from loupe_shared.errors import TransientError
from loupe_shared.telemetry.metrics import SWEEPS

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 300.0


def sweep_repeatedly(sweep: Callable[[], object], interval_s: float, stopped: threading.Event) -> None:
    """Sweep at once and then in intervals, until told to stop. After a failure the sweep soon goes on.

    Args:
        sweep: sweeps to the end, or goes on with what was interrupted.
        interval_s: seconds between two sweeps; also the longest pause after a failure.
        stopped: is set when to end.
    """
    failures = 0
    while not stopped.is_set():
        try:
            sweep()
            failures = 0
        except Stopped as ended:
            log.info("%s", ended)
            return
        except TransientError as error:
            failures += 1
            SWEEPS.labels("interrupted").inc()
            log.warning("the sweep was interrupted, and will go on: %s", error)
        except Exception:
            failures += 1
            SWEEPS.labels("failed").inc()
            log.exception("the sweep failed, and will go on")
        pause_s = FIRST_PAUSE_S * 2 ** min(failures, 10) if failures else interval_s
        stopped.wait(min(pause_s, interval_s, MAX_PAUSE_S) if failures else interval_s)
