"""Giving the metrics of a process to who asks: Prometheus' text format over HTTP.

The port is one of its own, also of services that answer HTTP anyway: whoever may use the API need not see how it does.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from http.server import HTTPServer
from typing import Self

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.metrics_core import Metric

from loupe_shared.errors import ConfigurationError, TransientError
from loupe_shared.settings import ServiceSettings
from loupe_shared.telemetry.metrics import CATALOG

log = logging.getLogger(__name__)

Look = Callable[[], None]


class Exposition:
    """Gives the metrics of a service's process until the block ends, if the settings name a port.

    Args:
        settings: of the process.
        service: of the process; every series has it as a label.
        looks: set gauges of things that are not counted as they happen, each time that somebody asks. One that raises
            ``TransientError`` has removed, or not set, what it does not know.

    Attributes:
        port: at which they are given; unset if they are not.
    """

    def __init__(self, settings: ServiceSettings, service: str, looks: Sequence[Look] = ()) -> None:
        self._host = settings.metrics_host
        self.port = settings.metrics_port
        self._registry = _Registry(service, looks)
        self._server: HTTPServer | None = None

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            ConfigurationError: the port cannot be listened on.
        """
        if self.port is None:
            return self
        try:
            self._server, _ = start_http_server(self.port, self._host, self._registry)
        except OSError as error:
            raise ConfigurationError(
                f"LOUPE_METRICS_PORT: cannot listen on {self._host}:{self.port}: {error.strerror}"
            ) from error
        self.port = self._server.server_port
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Registry(CollectorRegistry):
    def __init__(self, service: str, looks: Sequence[Look]) -> None:
        super().__init__()
        self._service = service
        self._looks = looks
        self._turn = threading.Lock()
        self._complaints: dict[Look, str] = {}
        ProcessCollector(registry=self)
        for metric in CATALOG.values():
            if service in metric.services:
                self.register(metric.collector)

    def collect(self) -> Iterable[Metric]:
        """Everything, after a look at what has to be looked up; for one at a time, who sees what they found."""
        with self._turn:
            for look in self._looks:
                self._try(look)
            return [self._labelled(family) for family in super().collect()]

    def _try(self, look: Look) -> None:
        try:
            look()
        except TransientError as error:
            if str(error) != self._complaints.get(look):
                log.warning("some metrics cannot be given: %s", error)
            self._complaints[look] = str(error)
        else:
            self._complaints.pop(look, None)

    def _labelled(self, family: Metric) -> Metric:
        family.samples = [
            sample._replace(labels={"service": self._service, **sample.labels}) for sample in family.samples
        ]
        return family
