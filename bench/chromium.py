"""A browser to measure with. Playwright drives whichever Chromium or Chrome the machine has."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
NO_BROWSER = (
    "no Chromium or Chrome was found: install one, or let `.venv/bin/playwright install chromium` fetch one, "
    "to measure the front end"
)

ARGUMENTS = (
    "--no-sandbox",  # as root, in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WINDOW = (1280, 800)
PATIENCE_MS = 60_000


def find_chromium(own: str) -> str | None:
    """The path of a browser: the machine's, or else Playwright's own, if that was installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and sys.platform == "darwin" and MAC.exists():
        return str(MAC)
    return found or (own if Path(own).exists() else None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a window, while the context lasts. If there is none, the process ends with a sentence."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            sys.exit(NO_BROWSER)
        with playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS)) as browser:
            yield browser


@contextmanager
def newcomer(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Somebody who has never been at an address: nothing of it is cached or remembered."""
    width, height = WINDOW
    with browser.new_context(base_url=address, viewport={"width": width, "height": height}) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context
