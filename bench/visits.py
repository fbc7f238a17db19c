"""People who open a page for the first time, and what their browser says of it.

All times are from when the browser begins to ask for the page. It and the service are on the same machine, so what a
network takes comes on top.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench.chromium import newcomer

SIGHTINGS = Path(__file__).with_name("sightings.js")

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
TILES = "() => Math.min(...Object.values(sightings.tiles)) - performance.timeOrigin"
THUMBNAILS = "() => Math.max(...Object.values(sightings.thumbnails)) - performance.timeOrigin"
PICTURE = "() => Math.min(...Object.values(sightings.pictures)) - sightings.click"
ARE_COMPLETE = """() => {
    const cells = [...document.querySelectorAll("[role=gridcell]")];
    return cells.length > 0 && cells.every((cell) => cell.querySelector("img")?.complete);
}"""
SCRIPT = """() => performance.getEntriesByType("resource")
    .filter((entry) => new URL(entry.name).pathname.endsWith(".js"))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


@dataclass(frozen=True)
class Opening:
    """How the archive's page came to be there.

    Attributes:
        paint_ms: until anything of it was there to see: the first contentful paint.
        tiles_ms: until the first tiles stood in the document, with labels and places for thumbnails.
    """

    paint_ms: float
    tiles_ms: float


@dataclass(frozen=True)
class Looking:
    """How pictures came to be there.

    Attributes:
        thumbnails_ms: until all thumbnails of the archive's first rows were loaded, also those just out of sight.
        picture_ms: from a click on a tile until the picture on its page was loaded.
    """

    thumbnails_ms: float
    picture_ms: float


def open_archive(browser: Browser, address: str) -> Opening:
    """Wait for the first tiles of the archive."""
    with _visit(browser, address, "/") as page:
        page.get_by_role("gridcell").first.wait_for()
        return Opening(page.wait_for_function(PAINT).json_value(), page.evaluate(TILES))


def look_at_one(browser: Browser, address: str) -> Looking:
    """Wait for the thumbnails of the archive, and go from there to one of the pictures."""
    with _visit(browser, address, "/") as page:
        page.wait_for_function(ARE_COMPLETE)
        thumbnails_ms = page.evaluate(THUMBNAILS)
        page.get_by_role("gridcell").first.get_by_role("link").click()
        page.wait_for_function("() => Object.keys(sightings.pictures).length")
        return Looking(thumbnails_ms, page.evaluate(PICTURE))


def script_kb(browser: Browser, address: str, path: str) -> float:
    """How much script is loaded before a page has its heading, in thousands of bytes, as compressed for sending."""
    with _visit(browser, address, path) as page:
        page.get_by_role("heading", level=1).wait_for(state="attached")
        page.wait_for_load_state("load")
        size: int = page.evaluate(SCRIPT)
        return size / 1000


@contextmanager
def _visit(browser: Browser, address: str, path: str) -> Iterator[Page]:
    with newcomer(browser, address) as context:
        context.add_init_script(path=SIGHTINGS)
        page = context.new_page()
        page.goto(path)
        yield page
