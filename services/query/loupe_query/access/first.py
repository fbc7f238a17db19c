"""Finding out who calls before anything else is done for them."""

from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from loupe_query.access.callers import Caller
from loupe_shared.adapters.web import problem
from loupe_shared.errors import TransientError

PREFIX = "/v1/"


class IdentifyFirst:
    """ASGI middleware that refuses strangers, and those who call too often, before their request's body is read.

    FastAPI reads and parses a body before it asks the guards of a route, which would be work done for anyone.

    Args:
        app: the application.
        identify: finds out. The guards ask it again, and find the answer in the request.
    """

    def __init__(self, app: ASGIApp, identify: Callable[[Request], Awaitable[Caller]]) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            try:
                await self._identify(Request(scope))
            except HTTPException as error:
                response = problem(error.status_code, "The request cannot be answered", str(error.detail))
                response.headers.update(error.headers or {})
                await response(scope, receive, send)
                return
            except TransientError as error:
                response = problem(503, "A part that is needed does not answer", f"{error}. Try again.")
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
