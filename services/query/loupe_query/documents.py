"""Answers made of documents of the archive, which are JSON already: nothing reads them on their way."""

import hashlib
from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

JSON = "application/json"
UNCHANGED: dict[int | str, dict[str, object]] = {304: {"description": "As the client has it"}}


def conditional(request: Request, body: str) -> Response:
    """A JSON answer with an etag, or 304 if the client has it."""
    content = body.encode()
    etag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=JSON, headers=headers)


def array(documents: Sequence[str]) -> str:
    """A JSON array of documents."""
    return f"[{','.join(documents)}]"


def example(value: object) -> dict[str, object]:
    """OpenAPI's description of an answer with an example."""
    return {"content": {JSON: {"example": value}}}
