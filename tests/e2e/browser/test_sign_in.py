"""Signing in to an API that wants to know who asks."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from loupe_local.child import Child
from loupe_local.ports import free_port
from loupe_local.stack import Stack
from loupe_query.access.keys import hash_key, new_key
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.browser.entra import ANNA, AUDIENCE, CLIENT, TENANT, EntraId
from tests.waiting import wait_for


@contextmanager
def guarded(stack: Stack, log: Path, **settings: str | None) -> Iterator[str]:
    """The address of another query service over the same archive, which is not open; None leaves a setting out."""
    port = free_port()
    wanted = stack.environment() | {"LOUPE_PORT": str(port)} | settings
    env = {name: value for name, value in wanted.items() if value is not None}
    service = Child("query", [sys.executable, "-m", "loupe_query"], log, env)
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            return httpx2.get(f"{url}/readyz").is_success
        except httpx2.TransportError:
            return False

    service.wait_until(is_ready)
    try:
        yield url
    finally:
        service.stop()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file of API keys."""
    return tmp_path / "keys.json"


@pytest.fixture
def url(stack: Stack, tmp_path: Path, keys: Path) -> Iterator[str]:
    """The address of an API that wants keys."""
    write(keys, "first", new_key())
    with guarded(stack, tmp_path / "log", LOUPE_API_KEYS_FILE=str(keys)) as url:
        yield url


def write(keys: Path, name: str, key: str) -> None:
    """Let this key alone be in the file, for reading."""
    keys.write_text(json.dumps([{"name": name, "sha256": hash_key(key), "scopes": ["read"]}]))


def replace(url: str, keys: Path, name: str) -> str:
    """A new key, which is in force in place of those before."""
    key = new_key()
    write(keys, name, key)
    me = {"Authorization": f"Bearer {key}"}
    wait_for(lambda: httpx2.get(f"{url}/v1/me", headers=me).is_success, "the key to be in force")
    return key


def sign_in(page: Page, key: str) -> None:
    """Enter a key."""
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_with_an_api_key(url: str, keys: Path, page: Page, complaints: Complaints) -> None:
    complaints.expected.append("401")
    key = replace(url, keys, "anna")
    page.goto(f"{url}/?label=espresso")
    expect(page.get_by_role("heading", name="Sign in to Loupe")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert violations(page) == []
    sign_in(page, "lk_wrong")
    expect(page.get_by_role("alert")).to_contain_text("Your key or sign-in was not accepted.")
    sign_in(page, key)
    expect(page.get_by_text("anna")).to_be_visible()
    expect(page.get_by_role("combobox", name="Label")).to_have_value("espresso")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("anna")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Loupe")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_who_may_only_read_is_offered_no_operating(url: str, keys: Path, page: Page, complaints: Complaints) -> None:
    complaints.expected.append("401")
    key = replace(url, keys, "anna")
    page.goto(f"{url}/dead-letters")
    sign_in(page, key)
    expect(page.get_by_role("heading", name="You may not look after dead letters")).to_be_visible()
    navigation = page.get_by_role("navigation")
    expect(navigation.get_by_role("link", name="Overview")).to_be_visible()
    expect(navigation.get_by_role("link", name="Jobs")).to_have_count(0)
    page.goto(f"{url}/jobs/new")
    expect(page.get_by_role("heading", name="You may look at jobs, but not submit any")).to_be_visible()
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="New job")).to_have_count(0)
    navigation.get_by_role("link", name="Archive").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Classify these again…")).to_have_count(0)


def test_a_key_that_is_revoked_meanwhile(url: str, keys: Path, page: Page, complaints: Complaints) -> None:
    complaints.expected.append("401")
    old = replace(url, keys, "older")
    page.goto(f"{url}/overview")
    sign_in(page, old)
    expect(page.get_by_text("older")).to_be_visible()
    new = replace(url, keys, "newer")
    expect(page.get_by_role("alert")).to_contain_text("sign in again")  # as soon as the page asks for something
    sign_in(page, new)
    expect(page.get_by_text("newer")).to_be_visible()
    expect(page).to_have_url(f"{url}/overview")


def test_who_may_only_read_is_told_so(url: str, keys: Path, page: Page, complaints: Complaints) -> None:
    complaints.expected.append("401")
    key = replace(url, keys, "anna")
    page.goto(f"{url}/upload")
    sign_in(page, key)
    expect(page.get_by_text("review").first).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(0)


def test_with_entra_id(page: Page, stack: Stack, tmp_path: Path, complaints: Complaints) -> None:
    complaints.expected.append("401")
    with (
        EntraId() as entra,
        guarded(
            stack,
            tmp_path / "log",
            LOUPE_ENTRA_AUTHORITY=entra.url,
            LOUPE_ENTRA_TENANT=TENANT,
            LOUPE_ENTRA_AUDIENCE=AUDIENCE,
            LOUPE_ENTRA_CLIENT=CLIENT,
        ) as url,
    ):
        page.goto(f"{url}/?sort=score")
        page.get_by_role("button", name="Sign in with your organization's account").click()
        expect(page.get_by_text(ANNA)).to_be_visible()
        expect(page).to_have_url(f"{url}/?sort=score")
        page.reload()
        expect(page.get_by_text(ANNA)).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in to Loupe")).to_be_visible()
        page.close()  # before the service ends
