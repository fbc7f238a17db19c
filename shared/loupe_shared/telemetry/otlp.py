"""Traces by OpenTelemetry's SDK, exported by OTLP over HTTP.

It reads the variables that OpenTelemetry has for that: where to export to and how, which part of the traces, and how
the service is called. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    format_span_id,
    format_trace_id,
    get_current_span,
    use_span,
)
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from loupe_shared.errors import ConfigurationError
from loupe_shared.telemetry.tracing import Attribute, Kind, Span

PROTOCOL = "http/protobuf"
_PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def open_tracer(service: str) -> Iterator["OtlpTracer"]:
    """A tracer whose spans are exported in batches, by a thread of its own.

    Raises:
        ConfigurationError: the environment asks for another protocol.
    """
    for name in _PROTOCOL_VARIABLES:
        if os.environ.get(name, PROTOCOL) != PROTOCOL:
            raise ConfigurationError(f"{name}: only {PROTOCOL} is spoken, to port 4318 of most collectors")
    given = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: f"loupe-{service}"}
    resource = Resource.create({**given, SERVICE_VERSION: version("loupe-shared")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield OtlpTracer(provider.get_tracer("loupe"))
    finally:
        provider.shutdown()


class OtlpTracer:
    """``Tracer`` over one of OpenTelemetry's."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        attributes: Mapping[str, Attribute],
        parent: str | None,
        links: Sequence[str],
        *,
        root: bool,
    ) -> Iterator[Span]:
        """See ``Tracer.span``."""
        others = [get_current_span(_context(link)).get_span_context() for link in links]
        if root:
            others.append(get_current_span().get_span_context())
        made = self._tracer.start_span(
            name,
            Context() if root else _context(parent) if parent else None,
            SpanKind[kind.upper()],
            attributes,
            [Link(other) for other in others if other.is_valid],
        )
        # The error's own words say what went wrong; where in the code it was is for the log.
        with use_span(made, end_on_exit=True, record_exception=False):
            yield _OtlpSpan(made)

    def ids(self) -> tuple[str, str] | None:
        """See ``Tracer.ids``."""
        context = get_current_span().get_span_context()
        return (format_trace_id(context.trace_id), format_span_id(context.span_id)) if context.is_valid else None


class _OtlpSpan:
    """``Span`` over one of OpenTelemetry's."""

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        self.traceparent: str | None = _traceparent(span.get_span_context())

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """See ``Span.note``."""
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        """See ``Span.fail``."""
        self._span.set_status(StatusCode.ERROR, reason)

    def __bool__(self) -> bool:
        return self._span.is_recording()


def _context(traceparent: str) -> Context:
    """Empty if it is no traceparent."""
    return _PROPAGATOR.extract({"traceparent": traceparent}, Context())


def _traceparent(context: SpanContext) -> str | None:
    if not context.is_valid:
        return None
    ids = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return f"00-{'-'.join(ids)}-{context.trace_flags:02x}"
