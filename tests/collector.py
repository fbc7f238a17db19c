"""A collector of traces: takes what OpenTelemetry's exporters send by OTLP over HTTP, and remembers it."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True)
class Seen:
    """A span as it arrived. Ids are hexadecimal; ``parent`` is empty if it began a trace."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, object]
    has_failed: bool


class Collector:
    """What arrived so far.

    Attributes:
        endpoint: its URL.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._spans: list[Seen] = []

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Remember spans."""
        for of_process in request.resource_spans:
            resource = {one.key: _value(one.value) for one in of_process.resource.attributes}
            for scope in of_process.scope_spans:
                self._spans += [
                    Seen(
                        service=str(resource["service.name"]),
                        name=span.name,
                        trace=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        links=tuple(link.span_id.hex() for link in span.links),
                        attributes={one.key: _value(one.value) for one in span.attributes},
                        has_failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    )
                    for span in scope.spans
                ]

    @property
    def spans(self) -> list[Seen]:
        """All of them, in the order in which they came."""
        return list(self._spans)

    def named(self, name: str) -> list[Seen]:
        """Those of a name."""
        return [span for span in self.spans if span.name == name]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""

    class Handler(BaseHTTPRequestHandler):
        """Takes spans, and says that it did."""

        def do_POST(self) -> None:
            """See OTLP/HTTP."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.take(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None
