"""What stands before the API, with an application behind it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from loupe_query.access.callers import Caller
from loupe_query.access.guard import Access
from loupe_query.access.keys import hash_key, new_key
from loupe_query.access.settings import AccessSettings
from loupe_shared.adapters.web import health_router, install_problems
from loupe_shared.api.access import Scope
from loupe_shared.errors import ConfigurationError
from tests.waiting import wait_for

READER, REVIEWER, OPERATOR = (new_key() for _ in range(3))
PAGE = "https://app.example.org"
OPEN = "http://127.0.0.1:8080"


def create_app(access: Access) -> FastAPI:
    """An application with a route for each scope, and one for two."""
    app = FastAPI()
    install_problems(app)
    access.install(app)
    router = APIRouter(dependencies=[access.require(Scope.READ)])

    @router.get("/read")
    def read() -> str:
        return "answer"

    @router.post("/review")
    async def review(caller: Annotated[Caller, access.require(Scope.REVIEW)]) -> str:
        return caller.name

    @app.post("/operate", dependencies=[access.require(Scope.OPERATE)])
    def operate(number: int) -> int:
        return number

    app.include_router(health_router(lambda: None))
    app.include_router(router)
    return app


@contextmanager
def serving(base_url: str = "http://testserver", **settings: Any) -> Iterator[TestClient]:  # noqa: ANN401
    """A client of the application with settings."""
    with TestClient(create_app(Access(AccessSettings(**settings))), base_url) as client:
        yield client


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with a key for each scope."""
    scopes = {READER: ["read"], REVIEWER: ["read", "review"], OPERATOR: ["operate"]}
    entries = [{"name": s[-1], "sha256": hash_key(key), "scopes": s} for key, s in scopes.items()]
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture
def client(keys: Path) -> Iterator[TestClient]:
    """A client of an API with keys."""
    with serving(api_keys_file=keys, host="::") as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    """The header for a key."""
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (bearer(READER), 200),
        ({"Authorization": f"bearer  {READER} "}, 200),
        ({"X-API-Key": READER}, 200),
        ({"X-API-Key": READER, "Authorization": "Basic cm9vdDo="}, 200),
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": READER}, 401),
        ({"Authorization": f"Basic {READER}"}, 401),
        ({"X-API-Key": ""}, 401),
        ({"X-API-Key": f"{READER}x"}, 401),
        ({"X-API-Key": hash_key(READER)}, 401),
        (bearer(new_key()), 401),
        (bearer("eyJhbGciOiJub25lIn0.e30."), 401),
        (bearer("\xfc"), 401),
    ],
)
def test_what_a_request_must_carry(client: TestClient, headers: dict[str, str], status: int) -> None:
    response = client.get("/read", headers={n.encode(): value.encode("latin-1") for n, value in headers.items()})
    assert response.status_code == status
    if status == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]


@pytest.mark.parametrize(
    ("key", "path", "lacking"),
    [
        (READER, "/review", "review"),
        (READER, "/operate?number=1", "operate"),
        (REVIEWER, "/review", None),
        (REVIEWER, "/operate?number=1", "operate"),
        (OPERATOR, "/operate?number=1", None),
        (OPERATOR, "/review", "read"),
    ],
    ids=[
        "reader reviews",
        "reader operates",
        "reviewer reviews",
        "reviewer operates",
        "operator operates",
        "operator reviews",
    ],
)
def test_scopes(client: TestClient, key: str, path: str, lacking: str | None) -> None:
    response = client.post(path, headers=bearer(key))
    assert response.status_code == (403 if lacking else 200)
    if lacking:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"].endswith(f"lacks the scope {lacking}")


def test_a_handler_knows_its_caller(client: TestClient) -> None:
    assert client.post("/review", headers=bearer(REVIEWER)).json() == "review"


def test_strangers_do_not_learn_what_a_request_should_have_been(client: TestClient) -> None:
    assert client.post("/operate?number=x").status_code == 401
    assert client.post("/operate?number=x", headers=bearer(READER)).status_code == 403
    assert client.post("/operate?number=x", headers=bearer(OPERATOR)).status_code == 422


def test_health_is_for_everyone(client: TestClient) -> None:
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


def test_a_revoked_key_ends_while_the_service_runs(client: TestClient, keys: Path) -> None:
    assert client.get("/read", headers=bearer(READER)).status_code == 200
    keys.write_text("[]")
    wait_for(lambda: client.get("/read", headers=bearer(READER)).status_code == 401, "the key's end")


def test_a_broken_file_keeps_the_service_from_starting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="LOUPE_API_KEYS_FILE"):
        Access(AccessSettings(api_keys_file=tmp_path / "missing.json"))


def test_each_caller_has_a_limit(keys: Path) -> None:
    with serving(api_keys_file=keys, requests_per_second=0.001) as client:
        assert client.post("/review", headers=bearer(REVIEWER)).status_code == 200  # one request, though two scopes
        response = client.post("/review", headers=bearer(REVIEWER))
        assert response.status_code == 429
        assert response.headers["content-type"] == "application/problem+json"
        assert 900 < int(response.headers["Retry-After"]) <= 1000
        assert client.get("/read", headers=bearer(READER)).status_code == 200
        assert client.get("/healthz").status_code == 200


def test_strangers_are_limited_by_address_and_take_nothing_from_callers(keys: Path) -> None:
    keys.write_text(keys.read_text().replace('"name": "read"', '"name": "testclient"'))  # as the client's address
    with serving(api_keys_file=keys, requests_per_second=0.001) as client:
        assert client.get("/read").status_code == 401
        for headers in ({}, bearer(new_key())):
            assert client.get("/read", headers=headers).status_code == 429
        assert client.get("/read", headers=bearer(READER)).status_code == 200
        app = client.app
    with TestClient(app, client=("192.0.2.7", 50000)) as other:
        assert other.get("/read").status_code == 401


def test_requests_that_are_forbidden_count(keys: Path) -> None:
    with serving(api_keys_file=keys, requests_per_second=0.001) as client:
        statuses = [client.post("/review", headers=bearer(READER)).status_code for _ in range(2)]
    assert statuses == [403, 429]


def test_without_keys_and_tenant_everyone_on_this_machine_may_do_everything() -> None:
    with serving(OPEN) as client:
        assert client.get("/read").json() == "answer"
        assert client.post("/review").json() == "anonymous"
        assert client.post("/operate?number=7").json() == 7


def test_the_anonymous_are_limited_by_address() -> None:
    with serving(OPEN, requests_per_second=0.001) as client:
        assert [client.get("/read").status_code for _ in range(2)] == [200, 429]
        app = client.app
    with TestClient(app, OPEN, client=("127.0.0.2", 50000)) as other:
        assert other.get("/read").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8080", 200),
        ("127.8.8.8:1", 200),
        ("localhost:65535", 200),
        ("LocalHost", 200),
        ("[::1]", 200),
        ("[::1]:8080", 200),
        ("", 421),
        ("example.org", 421),
        ("example.org:8080", 421),
        ("localhost.example.org", 421),
        ("127.0.0.1.example.org", 421),
        ("127.0.0.1:80.example.org", 421),
        ("example.org:127.0.0.1", 421),
        ("localhost\n", 421),
        ("user@localhost", 421),
        ("10.0.0.1", 421),
        ("[::2]", 421),
    ],
)
def test_without_authentication_the_name_of_another_page_is_refused(host: str, status: int) -> None:
    """As its owner can have it resolve to 127.0.0.1 in the browser of someone on this machine."""
    with serving(OPEN) as client:
        for path in ("/read", "/healthz", "/docs"):
            response = client.get(path, headers={"Host": host})
            assert response.status_code == status, path
    if status == 421:
        assert response.headers["content-type"] == "application/problem+json"


def test_a_name_must_be_given_once() -> None:
    with serving(OPEN) as client:
        for names in (["localhost", "example.org"], ["example.org", "localhost"], ["localhost", "localhost"]):
            assert client.get("/read", headers=[("Host", name) for name in names]).status_code == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (OPEN, 200),  # the API's own documentation
        (PAGE, 200),  # in the settings
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8080", 403),
        ("https://elsewhere.example.org", 403),
        ("null", 403),
    ],
)
def test_without_authentication_what_another_page_posts_is_refused(origin: str, status: int) -> None:
    with serving(OPEN, cors_origins=PAGE) as client:
        response = client.post("/operate?number=1", headers={"Origin": origin})
    assert response.status_code == status
    if status == 403:
        assert response.headers["content-type"] == "application/problem+json"


def test_with_keys_any_name_and_any_page_will_do(client: TestClient) -> None:
    headers = {"Host": "loupe.example.org", "Origin": PAGE, **bearer(READER)}
    assert client.get("/read", headers=headers).status_code == 200


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


def test_pages_cannot_read_answers_unless_they_are_named(client: TestClient) -> None:
    assert client.options("/review", headers={"Origin": PAGE, **PREFLIGHT}).status_code == 405
    response = client.get("/read", headers={"Origin": PAGE, **bearer(READER)})
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


def test_named_pages_can_read_answers_and_refusals(keys: Path) -> None:
    with serving(api_keys_file=keys, cors_origins=f"http://localhost:3000,{PAGE}", max_body_bytes=10) as client:
        preflight = client.options("/review", headers={"Origin": PAGE, **PREFLIGHT})
        assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
        for headers, content, status in ((bearer(READER), b"", 403), ({}, b"", 401), ({}, b"1" * 11, 413)):
            response = client.post("/review", headers={"Origin": PAGE, **headers}, content=content)
            assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (status, PAGE)
            assert "Access-Control-Allow-Credentials" not in response.headers
        other = client.get("/read", headers={"Origin": f"{PAGE}.evil.org", **bearer(READER)})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert client.options("/review", headers={"Origin": f"{PAGE}:8443", **PREFLIGHT}).status_code == 400


def test_bodies_are_limited(keys: Path) -> None:
    with serving(api_keys_file=keys, max_body_bytes=10) as client:
        assert client.post("/review", headers=bearer(REVIEWER), content=b"1" * 10).status_code == 200
        assert client.post("/review", headers=bearer(REVIEWER), content=b"1" * 11).status_code == 413


def test_the_description_tells_how_to_authenticate(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert {name: (s["type"], s.get("scheme"), s.get("name")) for name, s in schemes.items()} == {
        "Bearer": ("http", "bearer", None),
        "API key": ("apiKey", None, "X-API-Key"),
    }
    assert document["paths"]["/read"]["get"]["security"] == [{"Bearer": ["read"]}, {"API key": ["read"]}]
    assert "security" not in document["paths"]["/healthz"]["get"]
