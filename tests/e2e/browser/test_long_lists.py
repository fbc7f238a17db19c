"""Lists that are longer than anyone looks at."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loupe_local.stack import Stack
from loupe_shared.adapters.changes import ValkeyAnnouncer
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.result import Result
from loupe_shared.settings import BrokerSettings
from tests.e2e.browser.conftest import Complaints
from tests.factories import NOON, result
from tests.waiting import wait_for

COUNT = 1500
MOST_CELLS = 120
LIST = "/?prefix=many%2F"


def many(number: int) -> Result:
    """One of them: the greater its number, the newer it is."""
    return result(f"many/{number:05}.jpg", f"label {number % 7}", completed_at=NOON + timedelta(seconds=number))


@pytest.fixture(scope="module", autouse=True)
def _written(stack: Stack) -> None:
    store = SqliteStore(stack.config.state / "results.sqlite")
    store.write([many(number) for number in range(COUNT)])
    store.close()


def test_the_whole_list_can_be_reached_and_little_of_it_is_there(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="01499.jpg").focus()
    grid = page.get_by_role("grid")

    def end_is_known() -> bool:
        page.keyboard.press("End")  # of what was reached, where the next page begins
        return grid.get_attribute("aria-rowcount") != "-1"

    wait_for(end_is_known, "the end of the list")
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="00000.jpg")).to_be_focused()
    assert page.get_by_role("gridcell").count() < MOST_CELLS
    page.keyboard.press("Home")
    expect(page.get_by_role("link", name="01499.jpg")).to_be_focused()


def test_one_comes_back_to_where_one_was(page: Page, complaints: Complaints) -> None:
    complaints.expected.append("/v1/similar/")  # these images have no embeddings
    page.goto(LIST)
    page.get_by_role("link", name="01499.jpg").focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    name = page.evaluate("() => document.activeElement.title")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name.removeprefix("many/"))
    page.go_back()
    expect(page.get_by_role("link", name=name.removeprefix("many/"))).to_be_in_viewport()


def test_nothing_moves_when_images_arrive_above(page: Page, stack: Stack) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="01499.jpg").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    focused = page.locator(":focus")
    name, before = focused.get_attribute("title"), focused.bounding_box()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    store = SqliteStore(stack.config.state / "results.sqlite")
    arriving = [many(COUNT + number) for number in range(3)]
    documents = [shown.document() for shown in store.write(arriving)]
    store.close()
    ValkeyAnnouncer(BrokerSettings(broker_url=stack.valkey.url)).announce(documents)
    button = page.get_by_role("button", name="3 new")
    expect(button).to_be_visible()
    assert (focused.get_attribute("title"), focused.bounding_box()) == (name, before)
    button.click()
    expect(page.get_by_role("gridcell").first).to_contain_text(f"{COUNT + 2:05}.jpg")
