"""Access tokens of Entra ID, signed with real keys, which a real server gives out."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from loupe_query.access import tokens
from loupe_query.access.callers import Caller, NotAuthenticated
from loupe_query.access.guard import Access
from loupe_query.access.keys import hash_key, new_key
from loupe_query.access.settings import AccessSettings
from loupe_query.access.signing import (
    MAX_AGE_S,
    PAUSE_S,
    RETRY_S,
    TIMEOUT_S,
    SigningKeys,
    SigningKeysUnavailable,
)
from loupe_query.access.tokens import LEEWAY_S, REMEMBERED_S, EntraTokens
from loupe_shared.adapters.web import install_problems
from loupe_shared.api.access import Scope
from tests.waiting import wait_for

TENANT = "8a1f2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
AUDIENCE = "5f6e7d8c-0000-4000-8000-000000000001"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ANNA = "0d9c8b7a-0000-4000-8000-00000000a22a"
HOUR_S = 3600


def rsa_key(bits: int = 2048) -> RSAPrivateKey:
    """A new key."""
    return generate_private_key(public_exponent=65537, key_size=bits)


KEY, NEXT_KEY, STRANGERS_KEY = (rsa_key() for _ in range(3))


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        """The time."""
        return self.seconds


class KeyServer:
    """What stands for Entra ID: a server that gives out public keys.

    Attributes:
        keys: by id.
        body: given out instead of the keys.
        status: of its answers.
        requests: the paths that it was asked for.
        gate: before which answers wait until it is set.
    """

    def __init__(self) -> None:
        self.keys = {"now": KEY}
        self.body: bytes | None = None
        self.status = 200
        self.requests: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                outer.gate.wait(TIMEOUT_S)
                body = outer.document() if outer.body is None else outer.body
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def document(self) -> bytes:
        """The set of keys."""
        keys = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[KeyServer]:
    """Entra ID."""
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    """The clock of signing keys and of what is remembered. PyJWT has its own."""
    return Clock()


@pytest.fixture
def verifier(server: KeyServer, clock: Clock) -> EntraTokens:
    """What is tested."""
    return EntraTokens(ISSUER, AUDIENCE, SigningKeys(server.url, clock), clock)


def claims(**others: object) -> dict[str, Any]:
    """What a valid token says. None leaves a claim out."""
    now = int(time.time())
    said = {
        "aud": AUDIENCE,
        "iss": ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + HOUR_S,
        "oid": ANNA,
        "roles": ["Loupe.Read"],
        **others,
    }
    return {name: value for name, value in said.items() if value is not None}


def token(key: RSAPrivateKey = KEY, kid: str = "now", **others: object) -> str:
    """A token that is valid but for what is given."""
    return jwt.encode(claims(**others), key, algorithm="RS256", headers={"kid": kid})


def unsigned(algorithm: str, payload: dict[str, Any]) -> str:
    """The part of a token that is signed."""
    parts = [{"alg": algorithm, "typ": "JWT", "kid": "now"}, payload]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)


def whose(verifier: EntraTokens, given: str) -> Caller:
    """Who a token was given to."""
    return asyncio.run(verifier.caller(given))


@pytest.mark.parametrize(
    ("roles", "scopes"),
    [
        (["Loupe.Read"], {Scope.READ}),
        (["Loupe.Operate", "Loupe.Review", "Loupe.Read"], set(Scope)),
        (["Loupe.Review", "Other.Read", "loupe.read", 7, {"a": 1}], {Scope.REVIEW}),
        ([], set()),
        (None, set()),
        ("Loupe.Reader", set()),
    ],
)
def test_a_token_tells_who_calls(verifier: EntraTokens, roles: object, scopes: set[Scope]) -> None:
    assert whose(verifier, token(roles=roles)) == Caller(ANNA, frozenset(scopes))


NOW = int(time.time())


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"exp": NOW - LEEWAY_S - 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "never"}, "exp"),
        ({"nbf": NOW + HOUR_S}, "not yet valid"),
        ({"nbf": None}, "nbf"),
        ({"iat": None}, "iat"),
        ({"aud": "another-api"}, "[Aa]udience"),
        ({"aud": None}, "aud"),
        ({"aud": [f"{AUDIENCE}0"]}, "[Aa]udience"),
        ({"iss": ISSUER.replace("8a1f", "9b2e")}, "issuer"),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"oid": None}, "oid"),
        ({"key": STRANGERS_KEY}, "[Ss]ignature"),
        ({"kid": "unknown"}, "does not have"),
    ],
)
def test_tokens_that_are_not_valid(verifier: EntraTokens, others: dict[str, Any], problem: str) -> None:
    with pytest.raises(NotAuthenticated, match=problem):
        whose(verifier, token(**others))


def test_a_token_may_be_long_but_not_endless(verifier: EntraTokens) -> None:
    whose(verifier, token(groups=["g" * 36] * 200))
    with pytest.raises(NotAuthenticated, match="too long"):
        whose(verifier, token(groups=["g" * 36] * 400))


def test_clocks_may_differ_a_little(verifier: EntraTokens) -> None:
    now = int(time.time())
    whose(verifier, token(exp=now - LEEWAY_S + 30, iat=now + 30, nbf=now + 30))


def test_tokens_that_nobody_signed(verifier: EntraTokens, server: KeyServer) -> None:
    part = unsigned("none", claims())
    for wrong in (f"{part}.", f"{part}.AA", part, f"{unsigned('None', claims())}."):
        with pytest.raises(NotAuthenticated):
            whose(verifier, wrong)
    assert server.requests == []


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_public_keys_are_no_secrets(verifier: EntraTokens, encoding: Encoding) -> None:
    """Who signs with HMAC and the public key, which everyone has, must not be believed."""
    secret = KEY.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    part = unsigned("HS256", claims())
    signature = base64.urlsafe_b64encode(hmac.digest(secret, part.encode(), "sha256")).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticated, match="not one of Entra ID"):
        whose(verifier, f"{part}.{signature}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_other_algorithms_are_refused(verifier: EntraTokens, algorithm: str) -> None:
    with pytest.raises(NotAuthenticated, match="not one of Entra ID"):
        whose(verifier, jwt.encode(claims(), KEY, algorithm=algorithm, headers={"kid": "now"}))


def test_keys_of_other_kinds_are_not_used(verifier: EntraTokens, server: KeyServer) -> None:
    secret = b"s" * 32
    key = {"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode().rstrip("="), "kid": "secret", "use": "sig"}
    server.body = json.dumps({"keys": [key, *json.loads(server.document())["keys"]]}).encode()
    whose(verifier, token())
    given = jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": "secret"})
    for wrong in (given, token(kid="secret")):
        with pytest.raises(NotAuthenticated):
            whose(verifier, wrong)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # while it is signed here
def test_short_keys_are_refused(verifier: EntraTokens, server: KeyServer) -> None:
    server.keys["short"] = rsa_key(1024)
    with pytest.raises(NotAuthenticated, match="1024 bits"):
        whose(verifier, token(server.keys["short"], "short"))


def test_a_changed_token_is_refused(verifier: EntraTokens) -> None:
    head, _, signature = token().split(".")
    _, body, _ = token(STRANGERS_KEY, roles=["Loupe.Operate"]).split(".")
    with pytest.raises(NotAuthenticated, match="Signature"):
        whose(verifier, f"{head}.{body}.{signature}")


class NoKeys(SigningKeys):
    """Entra ID is not asked."""

    async def find(self, kid: str) -> None:
        """There is none."""


@given(st.one_of(st.text(), st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True)))
@example("eyJhbGciOiJSUzI1NiIsImtpZCI6MX0.e30.AA")  # {"alg":"RS256","kid":1}
@example("eyJhbGciOiJSUzI1NiIsImtpZCI6bnVsbH0.e30.AA")  # {"alg":"RS256","kid":null}
@example("W10.e30.AA")  # []
@example("." * 100_000)
def test_whatever_comes_is_refused(given: str) -> None:
    with pytest.raises(NotAuthenticated):
        whose(EntraTokens(ISSUER, AUDIENCE, NoKeys("http://127.0.0.1:1")), given)


def test_a_new_key_is_fetched_when_it_is_met(verifier: EntraTokens, server: KeyServer, clock: Clock) -> None:
    whose(verifier, token())
    server.keys["next"] = NEXT_KEY
    clock.seconds += PAUSE_S
    whose(verifier, token(NEXT_KEY, "next"))
    whose(verifier, token())
    assert len(server.requests) == 2


def test_strangers_cannot_make_us_ask_all_the_time(verifier: EntraTokens, server: KeyServer, clock: Clock) -> None:
    for pause in (0, PAUSE_S, PAUSE_S):
        clock.seconds += pause
        for n in range(20):
            with pytest.raises(NotAuthenticated):
                whose(verifier, token(STRANGERS_KEY, f"{n}"))
    whose(verifier, token())
    assert len(server.requests) == 3


def test_tokens_that_come_together_wait_for_one_request(verifier: EntraTokens, server: KeyServer) -> None:
    async def together() -> list[Caller]:
        return await asyncio.gather(*(verifier.caller(token(oid=f"{n}")) for n in range(20)))

    assert [caller.name for caller in asyncio.run(together())] == [f"{n}" for n in range(20)]
    assert len(server.requests) == 1


def test_who_has_a_key_does_not_wait_for_its_renewal(verifier: EntraTokens, server: KeyServer, clock: Clock) -> None:
    async def meanwhile() -> None:
        await verifier.caller(token())
        clock.seconds += MAX_AGE_S
        server.gate.clear()
        first = asyncio.create_task(verifier.caller(token(oid="first")))
        await asyncio.to_thread(wait_for, lambda: len(server.requests) == 2, "the renewal")
        await verifier.caller(token(oid="second"))
        assert not first.done()
        server.gate.set()
        await first

    asyncio.run(meanwhile())


@pytest.mark.parametrize("body", [None, b"", b"<html>", b"[]", b"{}", b'{"keys": []}', b'{"keys": [{}]}', b"\xff"])
def test_while_keys_cannot_be_fetched_known_ones_are_used(
    verifier: EntraTokens, server: KeyServer, clock: Clock, body: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "loupe_query.access.signing")
    whose(verifier, token())
    server.keys["next"] = NEXT_KEY
    server.status, server.body = (503, None) if body is None else (200, body)
    clock.seconds += MAX_AGE_S
    for n in range(3):
        whose(verifier, token(oid=f"{n}"))
        with pytest.raises(SigningKeysUnavailable):
            whose(verifier, token(NEXT_KEY, "next"))
    assert len(server.requests) == 2
    (record,) = caplog.records
    assert "cannot be fetched" in record.getMessage()
    server.status, server.body = 200, None
    clock.seconds += RETRY_S
    whose(verifier, token(NEXT_KEY, "next"))
    assert len(server.requests) == 3


def test_nothing_listens(unused_port: int) -> None:
    verifier = EntraTokens(ISSUER, AUDIENCE, SigningKeys(f"http://127.0.0.1:{unused_port}"))
    with pytest.raises(SigningKeysUnavailable):
        whose(verifier, token())


def test_a_redirect_is_not_followed(server: KeyServer, verifier: EntraTokens) -> None:
    server.status = 302
    with pytest.raises(SigningKeysUnavailable):
        whose(verifier, token())


def test_withdrawn_keys_are_forgotten(verifier: EntraTokens, server: KeyServer, clock: Clock) -> None:
    given = token()
    whose(verifier, given)
    server.keys = {"next": NEXT_KEY}
    clock.seconds += MAX_AGE_S
    with pytest.raises(NotAuthenticated, match="does not have"):
        whose(verifier, given)


def test_what_was_verified_is_remembered_for_some_minutes(
    verifier: EntraTokens, server: KeyServer, clock: Clock
) -> None:
    first = token()
    whose(verifier, first)
    # Without its key, a token that is verified anew is refused.
    server.keys = {"next": NEXT_KEY}
    clock.seconds += PAUSE_S
    whose(verifier, token(NEXT_KEY, "next"))
    assert whose(verifier, first).name == ANNA
    clock.seconds += REMEMBERED_S - PAUSE_S
    with pytest.raises(NotAuthenticated):
        whose(verifier, first)


def test_what_is_remembered_ends_with_the_token(verifier: EntraTokens, clock: Clock) -> None:
    now = int(clock.seconds)
    given = token(exp=now - LEEWAY_S + 30)  # verified while it is valid, and not much longer
    whose(verifier, given)
    digest = hashlib.sha256(given.encode()).digest()
    assert verifier._verified[digest][1] == now + 30  # noqa: SLF001


def test_no_more_is_remembered_than_has_room(verifier: EntraTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_REMEMBERED", 3)
    for n in range(10):
        whose(verifier, token(oid=f"{n}"))
    assert len(verifier._verified) == 3  # noqa: SLF001


def create_app(server: KeyServer, keys: Path | None = None) -> FastAPI:
    """An API that accepts the tokens of a tenant, and perhaps keys."""
    settings = AccessSettings(
        host="::", api_keys_file=keys, entra_tenant=TENANT, entra_audience=AUDIENCE, entra_authority=server.url
    )
    access = Access(settings)
    app = FastAPI()
    install_problems(app)
    access.install(app)

    @app.get("/", dependencies=[access.require(Scope.READ)])
    def read() -> str:
        return "answer"

    return app


@pytest.fixture
def client(server: KeyServer) -> Iterator[TestClient]:
    """A client of an API that accepts the tokens of a tenant."""
    with TestClient(create_app(server)) as client:
        yield client


def test_the_api_asks_the_authority_and_the_tenant(
    client: TestClient, server: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    issuer = f"{server.url}/{TENANT}/v2.0"
    cases = [
        (token(iss=issuer), 200),
        (token(iss=issuer, roles=[]), 403),
        (token(iss=ISSUER), 401),
        (token(STRANGERS_KEY, iss=issuer), 401),
    ]
    for sent, status in cases:
        response = client.get("/", headers={"Authorization": f"Bearer {sent}"})
        assert response.status_code == status, response.text
        assert sent.split(".")[2] not in caplog.text + response.text
    assert server.requests == [f"/{TENANT}/discovery/v2.0/keys"]


def test_a_token_that_cannot_be_told_is_not_the_callers_fault(client: TestClient, server: KeyServer) -> None:
    server.status = 500
    response = client.get("/", headers={"Authorization": f"Bearer {token()}"})
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["Retry-After"]


def test_keys_are_not_accepted_unless_there_are_any(client: TestClient) -> None:
    for headers in ({"Authorization": "Bearer loupe_x"}, {"X-API-Key": "loupe_x"}, {"X-API-Key": token()}):
        response = client.get("/", headers=headers)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "not accepted" in response.json()["detail"]


def test_keys_and_tokens_side_by_side(server: KeyServer, tmp_path: Path) -> None:
    key = new_key()
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps([{"name": "grafana", "sha256": hash_key(key), "scopes": ["read"]}]))
    given = token(iss=f"{server.url}/{TENANT}/v2.0")
    with TestClient(create_app(server, keys)) as client:
        for good in (f"Bearer {key}", f"bearer  {key}", f"Bearer {given}", f"BEARER   {given}"):
            assert client.get("/", headers={"Authorization": good}).status_code == 200
        assert client.get("/", headers={"X-API-Key": key}).status_code == 200
        assert client.get("/", headers={"X-API-Key": given}).status_code == 401  # a token is no key
        for wrong in (f"Bearer {new_key()}", f"Bearer {given}x", "Bearer", "Bearer ", "Bearer x"):
            assert client.get("/", headers={"Authorization": wrong}).status_code == 401
