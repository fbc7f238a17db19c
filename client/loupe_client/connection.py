"""Requests and answers: what is asked again, and errors as exceptions.

Whatever the API is asked may be asked again: what it changes is the same afterwards. What has POST only asks, or claims
images that the same session is given again, or has something done that may be done twice. A job that is submitted
again while it is there is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from loupe_client.addresses import Query, given
from loupe_client.errors import StrangeAnswer, Unavailable, Unreachable, refusal

M = TypeVar("M", bound=BaseModel)

FIRST_WAIT_S = 1.0  # if the answer does not say how long; it doubles
MAX_WAIT_S = 60.0  # who asks for more is not waited for


@dataclass(frozen=True)
class Patience:
    """With a server that asks to come again later.

    Attributes:
        retries: how often a request is repeated.
        sleep: waits for as many seconds.
    """

    retries: int
    sleep: Callable[[float], None]

    def wait(self, retry: int, response: httpx2.Response) -> bool:
        """Wait until it is time for this retry, and say whether there is to be one."""
        asked = response.headers.get("Retry-After", "")
        wait_s = float(asked) if asked.isdecimal() else FIRST_WAIT_S * 2**retry
        if retry >= self.retries or wait_s > MAX_WAIT_S:
            return False
        self.sleep(wait_s)
        return True


class Connection:
    """A server, and how it is asked.

    Args:
        client: makes the requests. It is closed here.
        patience: with the server.
    """

    def __init__(self, client: httpx2.Client, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self.request = client.build_request

    def close(self) -> None:
        """Close what is open to the server."""
        self._client.close()

    def ask(self, type_: type[M], method: str, path: str, query: Query | None = None, body: object = None) -> M:
        """What the API answers, as one of its models. The body is what becomes JSON."""
        return self.answer(type_, self.request(method, path, params=given(query or {}), json=body))

    def answer(self, type_: type[M], request: httpx2.Request) -> M:
        """What the API answers to a request, as one of its models."""
        with self.open(request) as response:
            return understand(type_, response.read())

    def content(self, request: httpx2.Request) -> bytes:
        """The bytes that are the answer to a request."""
        with self.open(request) as response:
            return response.read()

    def succeeds(self, request: httpx2.Request) -> bool:
        """Whether there is an answer that is no error, asked once."""
        try:
            return self.once(request).is_success
        except Unreachable:
            return False

    def once(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to a request, asked once, also if it is an error."""
        with translated():
            return self._send(request)

    def target(self, request: httpx2.Request) -> str:
        """Where the answer to a request leads. Nobody goes there: that is for those who may know who calls."""
        with self._sent(request) as response:
            if not response.has_redirect_location:
                raise StrangeAnswer(f"{request.url.path} leads nowhere")
            return response.headers["Location"]

    @contextmanager
    def open(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        """An answer that is no error, and whose body is still to be read.

        Raises:
            Refused: it is an error.
            Unreachable: none came; or, to whoever reads it, it broke off.
        """
        with self._sent(request) as response:
            if not response.is_success:
                response.read()
                raise refusal(response)
            yield response

    @contextmanager
    def _sent(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        for retry in count():
            with translated():
                response = self._send(request, stream=True)
                try:
                    if not response.is_error:
                        yield response
                        return
                    response.read()
                finally:
                    response.close()
            error = refusal(response)
            if not (isinstance(error, Unavailable) and self._patience.wait(retry, response)):
                raise error

    def _send(self, request: httpx2.Request, *, stream: bool = False) -> httpx2.Response:
        try:
            return self._client.send(request, stream=stream)
        except UnicodeError as error:  # from the resolver, which gets the name of the host in its own encoding
            raise Unreachable(f"{request.url.host} is no name of a host: {error}") from error


def address(text: str) -> httpx2.URL:
    """Where a server is.

    Raises:
        Unreachable: it is no address.
    """
    try:
        return httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise Unreachable(f"{text!r} is no address: {error}") from error


@contextmanager
def translated() -> Iterator[None]:
    """Whatever comes between the request and the end of its answer, as one of the client's errors."""
    try:
        yield
    except httpx2.RequestError as error:
        raise Unreachable(f"no whole answer came: {str(error) or type(error).__name__}") from error


def understand(type_: type[M], text: str | bytes) -> M:
    """A model from its JSON.

    Raises:
        StrangeAnswer: it is something else.
    """
    try:
        return type_.model_validate_json(text)
    except ValidationError as error:
        raise StrangeAnswer(f"the answer is no {type_.__name__} that this version of the client understands") from error
