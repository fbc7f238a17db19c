"""Finding a browser. Playwright drives whichever Chromium or Chrome the machine has."""

import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

ARGUMENTS = (
    "--no-sandbox",  # as root, in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium(own: str) -> str | None:
    """The path of a browser: the machine's, or else Playwright's own, if that was installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and sys.platform == "darwin" and MAC.exists():
        return str(MAC)
    return found or (own if Path(own).exists() else None)
