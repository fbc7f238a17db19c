"""Requests without the SDK: signing in, and what is tried again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from azure.core.exceptions import ClientAuthenticationError

from loupe_shared.adapters import storage_http
from loupe_shared.adapters.azure import StorageAccess
from loupe_shared.adapters.storage_http import Response, StorageHttp
from loupe_shared.errors import StorageUnavailable
from loupe_shared.settings import StorageSettings


@contextmanager
def server(*answers: int | str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers in turn: a status, or "drop" in the middle of a body. Yields its log."""
    asked: list[str] = []
    turns = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            answer = next(turns)
            self.send_response(200 if answer == "drop" else int(answer))
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"01234" if answer == "drop" else b"0123456789")
            self.close_connection = answer == "drop"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}/a/b", asked
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageHttp]:
    """A client that does not wait long before it tries again."""
    monkeypatch.setattr(storage_http, "BACKOFF_S", 0.01)
    settings = StorageSettings(storage_account="a", storage_key="a2V5", blob_endpoint="http://127.0.0.1")
    http = StorageHttp(settings, 4, 5)
    yield http
    http.close()


def get(client: StorageHttp, address: str) -> Response:
    """Ask once."""
    return client.submit(client.request("GET", address, max_bytes=100)).result()


@pytest.mark.parametrize("trouble", [503, 500, 429, 408, "drop"])
def test_what_may_pass_is_tried_again(client: StorageHttp, trouble: int | str) -> None:
    with server(trouble, trouble, 200) as (address, asked):
        assert get(client, address).body == b"0123456789"
        assert len(asked) == 3


@pytest.mark.parametrize("trouble", [503, "drop"])
def test_what_does_not_pass(client: StorageHttp, trouble: int | str) -> None:
    with server(*[trouble] * 3) as (address, asked):
        with pytest.raises(StorageUnavailable):
            get(client, address)
        assert len(asked) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412])
def test_what_is_an_answer_is_asked_for_once(client: StorageHttp, status: int) -> None:
    with server(status) as (address, asked):
        assert get(client, address).status == status
        assert len(asked) == 1


def test_requests_are_signed(client: StorageHttp) -> None:
    with server(200) as (address, asked):
        get(client, address)
        assert "sig=" in asked[0]


def test_failing_to_sign_in_is_not_tried_for_every_request(
    client: StorageHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[float] = []

    def renew(_: StorageAccess) -> None:
        attempts.append(time.monotonic())
        raise ClientAuthenticationError("no identity")

    monkeypatch.setattr(StorageAccess, "renew", renew)
    with server() as (address, asked):
        requests = [client.submit(client.request("GET", address)) for _ in range(16)]
        for request in requests:
            with pytest.raises(StorageUnavailable, match="signing in"):
                request.result()
        assert (len(attempts), asked) == (1, [])


def test_a_token_that_cannot_be_renewed_is_used_until_it_expires(
    client: StorageHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(200, 200) as (address, _):
        get(client, address)
        monkeypatch.setattr(StorageAccess, "is_fresh", lambda _: False)

        def renew(_: StorageAccess) -> None:
            raise ClientAuthenticationError("the identity service is away")

        monkeypatch.setattr(StorageAccess, "renew", renew)
        assert get(client, address).status == 200
