"""The front end's files, beside the API: what no route of the API answers, its pages may.

Everything is read once, when the service starts, so a request can name nothing but what was there. The build has named
its files by their content and compressed them already.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from loupe_shared.errors import ConfigurationError

PAGE = "index.html"
NAMED_BY_CONTENT = "assets/"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the smallest first

# Paths of the API, under which no page lies.
RESERVED = "/v1/"


@dataclass(frozen=True)
class _File:
    """A file as it is sent.

    Attributes:
        encoded: its content by encoding; the empty one is as it is.
        headers: the same for all of them.
    """

    encoded: Mapping[str, bytes]
    headers: Mapping[str, str]


def content_security_policy(storage: str, authority: str | None) -> str:
    """What a page may load, and from where: its own files, pictures in storage, and where people sign in.

    Args:
        storage: address of the Blob service, from which pictures come and to which they go.
        authority: address at which people sign in, if they can.
    """
    connect = ["'self'", _origin(storage), *([_origin(authority)] if authority else [])]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"img-src 'self' blob: {_origin(storage)}",
            f"connect-src {' '.join(connect)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class Frontend:
    """A folder with a built front end.

    Args:
        folder: with the page and its files.
        policy: the pages' content security policy.

    Raises:
        ConfigurationError: there is no page in the folder, or it cannot be read.
    """

    def __init__(self, folder: Path, policy: str) -> None:
        try:
            self._files = {
                path.relative_to(folder).as_posix(): _read(path, folder)
                for path in sorted(folder.rglob("*"))
                if path.is_file() and path.suffix not in ENCODINGS.values()
            }
        except OSError as error:
            raise ConfigurationError(f"LOUPE_FRONTEND: {folder} cannot be read: {error.strerror}") from error
        if PAGE not in self._files:
            raise ConfigurationError(f"LOUPE_FRONTEND: {folder} has no {PAGE}: build it with `make frontend`")
        self._security = {
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",  # addresses have the names of images
            "X-Content-Type-Options": "nosniff",
        }

    def install(self, app: FastAPI) -> None:
        """Let an application answer with it where it has no route."""
        not_found = app.router.default

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            response = self._answer(Request(scope)) if scope["type"] == "http" else None
            await (response or not_found)(scope, receive, send)

        app.router.default = serve

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        if request.method not in ("GET", "HEAD") or path.startswith(RESERVED):
            return None
        file = self._files.get(path.removeprefix("/"))
        if file is None and "text/html" in request.headers.get("accept", ""):  # the page knows what to show there
            file = self._files[PAGE]
        if file is None:
            return None
        headers = {**file.headers, **self._security}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        accepted = request.headers.get("accept-encoding", "")
        encoding = next((name for name in ENCODINGS if name in file.encoded and name in accepted), "")
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(file.encoded[encoding], headers=headers)


def _read(path: Path, folder: Path) -> _File:
    content = path.read_bytes()
    encoded = {"": content}
    for encoding, suffix in ENCODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if compressed.exists():
            encoded[encoding] = compressed.read_bytes()
    is_named_by_content = path.relative_to(folder).as_posix().startswith(NAMED_BY_CONTENT)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "Cache-Control": FOR_EVER if is_named_by_content else ASK_AGAIN,
        "ETag": f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"',
        "Vary": "Accept-Encoding",
    }
    return _File(encoded, headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
