"""What a worker's metrics say of the worker itself."""

from collections.abc import Callable

from loupe_shared.pipeline import Served
from loupe_shared.telemetry.exposition import Look
from loupe_shared.telemetry.metrics import WORKER_INFO


def worker_look(served: Callable[[], Served] | None = None) -> Look:
    """Sets ``loupe_worker_info``.

    Args:
        served: tells which model answers now, if the worker has one.
    """

    def look() -> None:
        now = served() if served else None
        WORKER_INFO.clear()
        labels = (str(now.model), now.model.precision, now.device) if now else ("", "", "")
        WORKER_INFO.labels(*labels).set(1)

    return look
