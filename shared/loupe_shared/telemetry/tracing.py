"""Traces: which work belongs together, across processes.

A span is a piece of work. Its context travels with messages as a ``traceparent`` (https://www.w3.org/TR/trace-context),
so that the next process goes on with the same trace. Unless a collector is named, nothing is traced: a span is then a
constant that does nothing, and OpenTelemetry is not imported.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import ClassVar, Literal, Protocol

Attribute = str | int | float | Sequence[str]
Kind = Literal["internal", "server", "client", "producer", "consumer"]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Span(Protocol):
    """A piece of work, as it is under way. It is false if nobody will see it.

    Attributes:
        traceparent: its context, for whoever goes on with the trace; unset if nothing is traced.
    """

    traceparent: str | None

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """Say more of it."""

    def rename(self, name: str) -> None:
        """Give it a name that was not known when it began."""

    def fail(self, reason: str) -> None:
        """Mark it as failed. One that raises is marked already."""

    def __bool__(self) -> bool: ...


class Tracer(Protocol):
    """Records spans."""

    def span(
        self,
        name: str,
        kind: Kind,
        attributes: Mapping[str, Attribute],
        parent: str | None,
        links: Sequence[str],
        *,
        root: bool,
    ) -> AbstractContextManager[Span]:
        """See ``span``."""

    def ids(self) -> tuple[str, str] | None:
        """See ``ids``."""


class _Nothing:
    """A span of which nobody knows, and the context in which it is under way."""

    traceparent: str | None = None

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """See ``Span.note``."""

    def rename(self, name: str) -> None:
        """See ``Span.rename``."""

    def fail(self, reason: str) -> None:
        """See ``Span.fail``."""

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None:
        pass


NOTHING = _Nothing()


class _Process:
    tracer: ClassVar[Tracer | None] = None


def span(
    name: str,
    kind: Kind = "internal",
    attributes: Mapping[str, Attribute] | None = None,
    *,
    parent: str | None = None,
    links: Sequence[str] = (),
    root: bool = False,
) -> AbstractContextManager[Span]:
    """The context in which a piece of work is under way. Spans that begin in it, in the same thread, are its children.

    Args:
        name: of the kind of work, without what differs from one piece to the next.
        kind: of span, as OpenTelemetry has them.
        attributes: what differs.
        parent: traceparent of the work that caused it; unset for what is under way in this thread, if anything is.
        links: traceparents of other work that it belongs to.
        root: whether it begins a trace of its own, with a link to what is under way in this thread.
    """
    if _Process.tracer is None:
        return NOTHING
    return _Process.tracer.span(name, kind, attributes or {}, parent, links, root=root)


def message_attributes(queue: str, operation: Literal["send", "process"], images: int) -> dict[str, Attribute]:
    """What a span says of a message, by OpenTelemetry's conventions for messaging."""
    return {
        "messaging.system": "celery",
        "messaging.destination.name": queue,
        "messaging.operation.type": operation,
        "loupe.images": images,
    }


def ids() -> tuple[str, str] | None:
    """Ids of the trace and the span that are under way in this thread, as hexadecimal digits."""
    return _Process.tracer.ids() if _Process.tracer else None


@contextmanager
def traced(service: str) -> Iterator[None]:
    """Export the spans of this process, if the environment says where to; what is left at the end, too.

    Raises:
        ConfigurationError: it cannot be done as the environment says.
    """
    if not os.environ.get(ENDPOINT):
        yield
        return
    # The SDK takes a third of a second to import, which a process that is not traced need not pay.
    from loupe_shared.telemetry.otlp import open_tracer  # noqa: PLC0415

    with open_tracer(service) as tracer:
        _Process.tracer = tracer
        try:
            yield
        finally:
            _Process.tracer = None
