"""Requests to the web applications, counted and traced."""

import time
from contextlib import AbstractContextManager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loupe_shared.telemetry import metrics, tracing

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
PROBES = frozenset({"/healthz", "/readyz"})  # every few seconds, and never of interest afterwards
SERVER_ERRORS = 500


class Observed:
    """An ASGI application, around which this is the outermost layer, so that refusals are seen, too.

    Paths, methods and the like are whatever a caller sends. So only the application's own routes become labels, and
    nothing of a request's query or headers is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        with _span(scope) as span:

            async def send_observed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _answered(scope, message["status"], time.perf_counter() - began, span)
                await send(message)

            await self._app(scope, receive, send_observed)


def _span(scope: Scope) -> AbstractContextManager[tracing.Span]:
    if scope["path"] in PROBES:
        return tracing.NOTHING
    parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
    attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
    return tracing.span(_method(scope), "server", attributes, parent=parent)


def _answered(scope: Scope, status: int, seconds: float, span: tracing.Span) -> None:
    method, route = _method(scope), _route(scope)
    metrics.HTTP_REQUESTS.labels(method, route, status).inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
    if span:
        span.rename(f"{method} {route}")
        span.note({"http.route": route, "http.response.status_code": status})
        if status >= SERVER_ERRORS:
            span.fail(str(status))


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else OTHER


def _route(scope: Scope) -> str:
    """The template of the path, which the application's router has noted by now if there is one."""
    return str(getattr(scope.get("route"), "path_format", OTHER))
