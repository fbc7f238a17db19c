"""The front end's files beside the API."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from loupe_query.access.guard import Access
from loupe_query.access.settings import AccessSettings
from loupe_query.app import create_app
from loupe_query.frontend import Frontend, content_security_policy
from loupe_shared.adapters.web import Ending
from loupe_shared.errors import ConfigurationError
from tests.apps import archive

PAGE = "<!doctype html><title>Loupe</title>"
SCRIPT = "console.log('loupe')"
POLICY = content_security_policy("https://pictures.example.org/account", None)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(PAGE)
    (dist / "assets" / "index-4f1c.js").write_text(SCRIPT)
    (dist / "assets" / "index-4f1c.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (dist / "assets" / "index-4f1c.js.br").write_bytes(b"smaller")
    (tmp_path / "secret.txt").write_text("secret")
    return dist


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """A client of the API with the front end beside it."""
    app = create_app(archive(), Access(AccessSettings()), Ending(), Frontend(folder, POLICY))
    with TestClient(app, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/upload", "/image?container=images&blob=a%2Fb.jpg", "/index.html"])
def test_every_address_of_a_page_gives_the_page(client: TestClient, path: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    again = client.get(path, headers=BROWSER | {"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_that_are_named_by_their_content_are_kept_for_ever(client: TestClient) -> None:
    response = client.get("/assets/index-4f1c.js", headers={"Accept-Encoding": "identity"})
    assert (response.text, response.headers.get("content-encoding")) == (SCRIPT, None)
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["vary"] == "Accept-Encoding"


def test_a_browser_gets_the_smallest_form_that_it_takes(client: TestClient) -> None:
    zipped = client.get("/assets/index-4f1c.js", headers={"Accept-Encoding": "gzip, deflate"})
    assert (zipped.headers["content-encoding"], zipped.text) == ("gzip", SCRIPT)
    with client.stream("GET", "/assets/index-4f1c.js", headers={"Accept-Encoding": "gzip, br"}) as response:
        assert response.headers["content-encoding"] == "br"
        assert b"".join(response.iter_raw()) == b"smaller"


@pytest.mark.parametrize("path", ["/assets/none.js", "/nothing", "/../secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "*/*"})
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_the_api_answers_as_before(client: TestClient) -> None:
    assert client.get("/v1/nothing", headers=BROWSER).status_code == 404
    assert client.get("/v1/images/images/none.jpg", headers=BROWSER).json()["status"] == 404
    assert client.get("/v1/counts", headers=BROWSER).json()["labels"] == {}
    assert client.post("/", headers=BROWSER).status_code == 404
    assert client.post("/v1/counts").status_code == 405
    assert client.get("/docs", headers=BROWSER).text != PAGE


def test_a_page_is_refused_to_others_hosts_like_the_api(client: TestClient) -> None:
    assert client.get("/", headers=BROWSER | {"Host": "evil.example.org"}).status_code == 421


def test_what_pages_may_load() -> None:
    assert "connect-src 'self' https://pictures.example.org;" in POLICY
    assert "img-src 'self' blob: https://pictures.example.org;" in POLICY
    policy = content_security_policy("http://127.0.0.1:10000/account", "https://login.microsoftonline.com")
    assert "connect-src 'self' http://127.0.0.1:10000 https://login.microsoftonline.com;" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_a_folder_without_a_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"LOUPE_FRONTEND: .* has no index\.html: build it with"):
        Frontend(tmp_path, POLICY)
