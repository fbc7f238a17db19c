"""Keeping an API without authentication to the machine that it runs on."""

import re
from collections.abc import Collection, Iterable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from loupe_shared.adapters.web import problem

_LOOPBACK_HOST = re.compile(rb"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)


class LoopbackOnly:
    """ASGI middleware that refuses what the web pages of others send.

    Listening on a loopback address does not keep out a page from elsewhere, because it runs in a browser on this
    machine. It can have its own name resolve to 127.0.0.1 (DNS rebinding) and read the answers, but then its name is in
    Host. Or it can post a form to 127.0.0.1, but then its name is in Origin.

    Args:
        app: the application.
        origins: of pages that may call nevertheless.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self._refusal(scope["headers"]) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> Response | None:
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not _LOOPBACK_HOST.fullmatch(hosts[0]):
            return _refuse(421, "without API keys or a tenant it answers only to localhost, 127.0.0.1 and [::1]")
        for name, value in headers:
            if name == b"origin" and value != b"http://" + hosts[0] and value not in self._origins:
                return _refuse(403, "without API keys or a tenant it answers only to pages in LOUPE_CORS_ORIGINS")
        return None


def _refuse(status: int, detail: str) -> Response:
    return problem(status, "The request cannot be answered", detail)
