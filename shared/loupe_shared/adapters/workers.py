"""Reports of workers in the broker's own Redis or Valkey.

One hash with a field per worker: the broker's time in milliseconds, then a JSON document. So clocks of machines do not
matter. Fields of a hash do not expire in every server that Loupe runs on, so whoever comes by removes the old ones.
"""

import logging
from datetime import UTC, datetime

from pydantic import ValidationError

from loupe_shared.adapters.broker import KEY_PREFIX, LOOK_TIMEOUT_S, answering, connect
from loupe_shared.pipeline import FORGOTTEN_AFTER_S, Worker, WorkerReport
from loupe_shared.settings import BrokerSettings

log = logging.getLogger(__name__)

KEY = f"{KEY_PREFIX}workers"
RECORD = "the record of workers"

# The first argument is an age in milliseconds.
_FORGET = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local reported = tonumber(string.match(all[i + 1], '^%d+'))
  if not reported or reported < now - ARGV[1] then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
"""
_REPORT = f"{_FORGET} redis.call('HSET', KEYS[1], ARGV[2], string.format('%d', now) .. ARGV[3])"
_ALL = f"{_FORGET} return redis.call('HVALS', KEYS[1])"


class ValkeyWorkers:
    """``Workers`` in a hash of the broker.

    Args:
        settings: the broker.
        forgotten_after_s: age of a report that is not shown any more.
    """

    def __init__(self, settings: BrokerSettings, forgotten_after_s: float = FORGOTTEN_AFTER_S) -> None:
        self._client = connect(settings, timeout_s=LOOK_TIMEOUT_S)
        self._report = self._client.register_script(_REPORT)
        self._all = self._client.register_script(_ALL)
        self._limit_ms = int(forgotten_after_s * 1000)

    def report(self, report: WorkerReport) -> None:
        """See ``Workers.report``."""
        with answering(RECORD):
            self._report([KEY], [self._limit_ms, _field(report.service, report.name), report.to_json()])

    def remove(self, service: str, name: str) -> None:
        """See ``Workers.remove``."""
        with answering(RECORD):
            self._client.hdel(KEY, _field(service, name))

    def all(self) -> list[Worker]:
        """See ``Workers.all``."""
        with answering(RECORD):
            values = self._all([KEY], [self._limit_ms])
        found = [worker for worker in map(_read, values) if worker]
        return sorted(found, key=lambda worker: (worker.service, worker.name))


def _field(service: str, name: str) -> str:
    return f"{service}/{name}"


def _read(value: str) -> Worker | None:
    milliseconds, brace, rest = value.partition("{")
    try:
        report = WorkerReport.model_validate_json(brace + rest)
    except ValidationError as error:
        log.warning("a report of a worker cannot be read: %s", error)
        return None
    return Worker(**report.model_dump(), reported_at=datetime.fromtimestamp(int(milliseconds) / 1000, UTC))
