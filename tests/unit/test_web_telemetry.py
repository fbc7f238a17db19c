"""What is counted and traced of requests."""

import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.testclient import TestClient

from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import create_app
from loupe_shared.adapters.web import Ending, health_router, install_problems
from loupe_shared.adapters.web_telemetry import Observed
from loupe_shared.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from loupe_shared.telemetry.tracing import traced
from tests.apps import archive
from tests.collector import collecting
from tests.metering import Growth

TRACE, PARENT = "ab" * 16, "cd" * 8


def failing_app() -> FastAPI:
    """An application with a route that fails in several ways."""
    app, router = FastAPI(), APIRouter(prefix="/v1")
    install_problems(app)

    @router.get("/things/{name}")
    def thing(name: str) -> str:
        if name == "missing":
            raise HTTPException(404, "no such thing")
        if name == "broken":
            raise KeyError(name)
        return name

    app.include_router(router)
    app.include_router(health_router(lambda: None))
    return app


@pytest.mark.parametrize(("name", "status"), [("good", 200), ("missing", 404), ("broken", 500)])
def test_requests_count_by_their_route(name: str, status: int) -> None:
    requests, seconds = Growth(HTTP_REQUESTS), Growth(HTTP_SECONDS)
    client = TestClient(Observed(failing_app()), raise_server_exceptions=False)
    assert client.get(f"/v1/things/{name}").status_code == status
    assert requests("GET", "/v1/things/{name}", str(status)) == 1
    assert seconds("GET", "/v1/things/{name}", ending="_count") == 1


def test_what_strangers_make_up_becomes_no_label() -> None:
    requests = Growth(HTTP_REQUESTS)
    client = TestClient(Observed(failing_app()))
    client.get("/wp-login.php?token=secret")
    client.request("BREW", "/v1/things/tea")
    assert requests("GET", "other", "404") == 1
    assert requests("other", "/v1/things/{name}", "405") == 1


def test_routes_and_refusals_of_the_api() -> None:
    requests = Growth(HTTP_REQUESTS)
    app = create_app(archive(), Access(AccessSettings(requests_per_second=1)), Ending())
    client = TestClient(Observed(app), base_url="http://localhost")
    for path in ("/v1/images/images/a/b.jpg", "/v1/pipeline", "/v1/counts"):
        client.get(path)
    assert requests("GET", "/v1/images/{container}/{blob}", "404") == 1
    assert requests("GET", "/v1/pipeline", "200") == 1
    assert requests("GET", "/v1/counts", "429") + requests("GET", "other", "429") == 1


def test_a_request_is_a_span_of_its_callers_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        with traced("query"):
            client = TestClient(Observed(failing_app()), raise_server_exceptions=False)
            client.get("/v1/things/good?token=secret", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
            client.get("/v1/things/broken")
            client.get("/healthz")
        good, broken = collector.spans
    assert (good.name, good.trace, good.parent) == ("GET /v1/things/{name}", TRACE, PARENT)
    assert good.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/things/{name}",
        "http.response.status_code": 200,
        "url.path": "/v1/things/good",
    }
    assert (good.has_failed, broken.has_failed) == (False, True)
