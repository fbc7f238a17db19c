"""Log lines: for people, or as JSON for what collects them."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from loupe_shared.telemetry import tracing

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up_logs(service: str, level: str, format_: Literal["text", "json"]) -> None:
    """Let all loggers of the process write to standard error, and warnings, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if format_ == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(capture=True)  # so that they are lines like all others
    logging.getLogger("azure").setLevel(logging.WARNING)  # logs every request at INFO


class JsonLines(logging.Formatter):
    """A line is a JSON object. ``trace_id`` and ``span_id`` name the span in which it was written, if there is one."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if ids := tracing.ids():
            line["trace_id"], line["span_id"] = ids
        return json.dumps(line, ensure_ascii=False)
