"""Scrolling through the archive, screen by screen, as somebody does who looks at every picture."""

import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as Stalled

from bench.chromium import newcomer

SCREEN_PX = 600  # a little less than is seen at once
COLLECTIONS = 2  # the second one takes what held on to what the first one took

# The place of the last tile, once it comes after those that were seen and all thumbnails are loaded.
SEEN = """(seen) => {
    const cells = [...document.querySelectorAll("[role=gridcell]")];
    const last = Number(cells.at(-1)?.querySelector("a")?.dataset.place ?? -1);
    return last > seen && cells.every((cell) => cell.querySelector("img")?.complete) ? last : null;
}"""
GO_ON = "(pixels) => document.querySelector('[role=grid]').scrollBy(0, pixels)"
COMPLAINTS = """() => [...document.querySelectorAll("[role=alert], [role=gridcell] span[title]")]
    .map((one) => one.title || one.textContent)"""
ELEMENTS = "() => document.getElementsByTagName('*').length"


@dataclass(frozen=True)
class Weight:
    """What a page holds once its garbage is collected.

    Thumbnails are beside it, in the memory of the page's process. That is not measured, because Playwright lets the
    process keep every answer that it gets.

    Attributes:
        nodes: DOM nodes, also those that are in no document any more but that a script holds.
        heap_mb: JavaScript's heap, in MB.
    """

    nodes: float
    heap_mb: float


@dataclass(frozen=True)
class Scroll:
    """A way through the archive.

    Attributes:
        few: the page after few pictures.
        many: the page after all of them.
        most_elements: in the document, at any time.
        per_second: how many pictures were seen. What was seen lately is still cached when the page is weighed.
    """

    few: Weight
    many: Weight
    most_elements: int
    per_second: float

    @property
    def node_growth(self) -> float:
        """Nodes after all pictures, over those after few."""
        return self.many.nodes / self.few.nodes

    @property
    def heap_growth(self) -> float:
        """The heap after all pictures, over that after few."""
        return self.many.heap_mb / self.few.heap_mb


def scroll(browser: Browser, address: str, few: int, many: int) -> Scroll:
    """Go from the top of the archive to its end.

    Args:
        browser: goes there.
        address: of the pages.
        few: after how many pictures the page is weighed for the first time.
        many: how many pictures there are.

    Raises:
        TimeoutError: pictures or thumbnails do not come.
    """
    with newcomer(browser, address) as context:
        page = context.new_page()
        page.goto("/")
        began = time.perf_counter()
        seen, most_before = _go_on(page, 0, few)
        after_few = _weigh(page)
        _, most_then = _go_on(page, seen, many)
        per_second = many / (time.perf_counter() - began)
        return Scroll(after_few, _weigh(page), max(most_before, most_then), per_second)


def _go_on(page: Page, seen: int, stop: int) -> tuple[int, int]:
    """Scroll until so many pictures were seen. Gives how many were, and how many elements there were at most."""
    most = 0
    while seen < stop:
        try:
            seen = page.wait_for_function(SEEN, arg=seen - 1).json_value() + 1
        except Stalled as error:
            raise TimeoutError(f"nothing comes after {seen} pictures: {page.evaluate(COMPLAINTS)}") from error
        most = max(most, page.evaluate(ELEMENTS))
        page.evaluate(GO_ON, SCREEN_PX)
    return seen, most


def _weigh(page: Page) -> Weight:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(COLLECTIONS):
        session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return Weight(metrics["Nodes"], metrics["JSHeapUsedSize"] / 1e6)
