"""A browser for all tests of this folder, and a page for each, which must end without a complaint."""

import os
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from bench.chromium import ARGUMENTS, find_chromium
from loupe_local.stack import Stack
from tests.factories import FRONTEND
from tests.waiting import wait_for

PATIENCE_MS = 20_000
WIDE = {"width": 1280, "height": 800}
NO_BROWSER = (
    "no Chromium or Chrome was found: install one, or let `.venv/bin/playwright install chromium` fetch one, "
    "to run the tests of the pages"
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser. Closed when the tests of this folder are done, because it keeps an event loop running."""
    assert (FRONTEND / "index.html").exists(), "the front end is not built: run `make frontend`"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            assert "CI" not in os.environ, NO_BROWSER
            pytest.skip(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Complaints(list[str]):
    """What a browser complains of while a test runs: errors of scripts, and what the security policy forbids.

    Attributes:
        expected: parts of the messages that the test provokes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def heard(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type in ("error", "warning"):
            self.append(f"{message.text} ({message.location['url']})")

    def unexpected(self) -> list[str]:
        """What the test does not provoke."""
        return [text for text in self if not any(part in text for part in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    """What the browser complains of. A test that provokes errors says which."""
    return Complaints()


@pytest.fixture
def context(browser: Browser, stack: Stack, complaints: Complaints) -> Iterator[BrowserContext]:
    """A person's browser: nothing in it is left of other tests."""
    context = browser.new_context(
        base_url=stack.api,
        viewport=WIDE,  # type: ignore[arg-type]
        locale="en-GB",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    context.on("console", complaints.heard)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()


@pytest.fixture(scope="session")
def workers_of_jobs(api: httpx2.Client) -> None:
    """Workers of batch jobs have said which model they serve, so that jobs need not name it."""

    def served() -> bool:
        workers = api.get("/v1/pipeline").json()["workers"]
        return any(worker["service"] == "backfill" and worker["model"] for worker in workers)

    wait_for(served, "workers of batch jobs")
