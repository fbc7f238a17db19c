"""The archive: what is in it, finding it, and what arrives."""

import pytest
from azure.storage.blob import ContainerClient
from playwright.sync_api import Page, expect

from tests.e2e.browser.axe import violations
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES

NAMES = ("coffee.png", "rocket.jpg", "flower.jpg")


@pytest.fixture(scope="module", autouse=True)
def folder(container: ContainerClient) -> None:
    """Some pictures, under a name of these tests."""
    for name in NAMES:
        container.upload_blob(f"gallery/{name}", (SAMPLES / name).read_bytes())


@pytest.fixture(autouse=True)
def _answered(outcome: Outcome) -> None:
    for name in NAMES:
        outcome(f"gallery/{name}")


def test_pictures_with_label_and_score(page: Page) -> None:
    page.goto("/?prefix=gallery/")
    tile = page.get_by_role("link", name="espresso 95 % coffee.png")
    expect(tile).to_be_visible()
    expect(tile.locator("img")).to_have_js_property("complete", value=True)
    assert tile.locator("img").evaluate("image => image.naturalWidth") > 0
    assert violations(page) == []
