"""How long the bodies of requests may be."""

from collections.abc import Iterable, Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loupe_shared.adapters.web import problem

# Otherwise the server would read what is left of the body, however long, to get to the next request.
_CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware that refuses requests with too long a body.

    Bodies are counted whatever Content-Length says: beside Transfer-Encoding it has no meaning.

    Args:
        app: the application.
        most: longest body, in bytes.
        most_by_path: the same for single paths.
    """

    def __init__(self, app: ASGIApp, most: int, most_by_path: Mapping[str, int]) -> None:
        self._app = app
        self._most = most
        self._most_by_path = most_by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_by_path.get(scope["path"], self._most)
        detail = f"the body has more than {most} bytes"
        if _announced(scope["headers"]) > most:
            response = problem(413, "The request cannot be answered", detail)
            response.headers.update(_CLOSE)
            await response(scope, receive, send)
            return
        length = 0

        async def counted() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > most:
                # Raised where the application reads, and so answered as its other errors are.
                raise HTTPException(413, detail, _CLOSE)
            return message

        await self._app(scope, counted, send)


def _announced(headers: Iterable[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if name == b"content-length":
            return int(value)  # the server has checked that it is a number
    return 0
