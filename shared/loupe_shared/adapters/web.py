"""What the web applications share: errors as problem+json, health, and how they are served."""

import signal
import socket
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from loupe_shared.adapters.web_telemetry import Observed
from loupe_shared.errors import ConfigurationError, TransientError
from loupe_shared.settings import HttpSettings

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
MAX_ERRORS = 20  # of a request; a body can have many thousand

MEANINGS = {
    400: "The request makes no sense",
    401: "The request lacks the right token",
    403: "The caller lacks the scope",
    404: "There is no such thing (yet)",
    409: "It has changed in the meantime",
    413: "The request is too long",
    421: "The host is not this machine",
    422: "The request is not valid",
    429: "The caller asks too often",
    501: "This service is not set up for it",
    503: "A part that is needed does not answer: try again",
}


class Problem(BaseModel):
    """An error of the API (RFC 9457)."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, object]] | None = None


class Health(BaseModel):
    """That the process answers, or that it can do its work."""

    status: str = "ok"


def problem(status: int, title: str, detail: str, errors: list[dict[str, object]] | None = None) -> Response:
    """A response that describes an error."""
    body = Problem(title=title, status=status, detail=detail, errors=errors).model_dump(exclude_none=True)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, status, headers, PROBLEM_TYPE)


def describe(*statuses: int) -> dict[int | str, dict[str, object]]:
    """OpenAPI's description of error responses."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}


def describe_body() -> dict[int | str, dict[str, object]]:
    """OpenAPI's description of what is said to a body that is no JSON, or too long."""
    return describe(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def install_problems(app: FastAPI) -> None:
    """Let every error of the application become problem+json, which its description has once."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the description

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> Response:
        response = problem(error.status_code, "The request cannot be answered", str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        errors = [{"where": list(e["loc"]), "problem": e["msg"]} for e in error.errors()[:MAX_ERRORS]]
        first = errors[0]
        where = ".".join(map(str, first["where"]))
        return problem(422, "The request is not valid", f"{where}: {first['problem']}", jsonable_encoder(errors))

    @app.exception_handler(TransientError)
    def transient(_: Request, error: TransientError) -> Response:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "A part that is needed does not answer", f"{error}. Try again.")

    @app.exception_handler(Exception)
    def unexpected(_: Request, error: Exception) -> Response:  # noqa: ARG001  (Starlette logs it)
        return problem(500, "Something is wrong with Loupe", "The service's log has the details.")


def health_router(check: Callable[[], None]) -> APIRouter:
    """``/healthz``: the process answers. ``/readyz``: ``check`` returns, so it can do its work."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Liveness")
    async def healthz() -> Health:  # of the event loop alone: it must answer while all threads wait for a store
        return Health()

    @router.get("/readyz", summary="Readiness", responses=describe(503))
    def readyz() -> Health:
        check()
        return Health()

    return router


def listen(settings: HttpSettings) -> socket.socket:
    """The socket on which an application listens.

    Raises:
        ConfigurationError: the port cannot be listened on.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"LOUPE_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from error
    # Connections inherit this. asyncio sets it only on sockets that were made with the protocol's number, and without
    # it an answer on a connection that is kept waits for the client's delayed acknowledgement, some 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Ending:
    """Whether the process ends. Answers that would go on for ever ask."""

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> None:
        """From now on it does."""
        self._begun = True

    def __bool__(self) -> bool:
        return self._begun


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell those who ask, before the server begins to wait for them."""
        self._ending.begin()
        super().handle_exit(sig, frame)


def serve_http(app: FastAPI, settings: HttpSettings, ending: Ending | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then finish the requests in progress. Returns the exit code.

    Args:
        app: the application.
        settings: where it listens.
        ending: is told when it ends.

    Raises:
        ConfigurationError: the port cannot be listened on.
    """
    listener = listen(settings)
    # uvicorn raises the signal that ended it once more when it is done: by then there is nothing left to do.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(Observed(app), log_config=None, access_log=False, timeout_graceful_shutdown=20)
    server = _Server(config, ending or Ending())
    server.run(sockets=[listener])
    return 0 if server.started else 1
