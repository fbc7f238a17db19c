"""The archive: what is in it, finding it, choosing some of it, and what arrives."""

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES

LABELS = {"coffee.png": "espresso", "rocket.jpg": "missile", "flower.jpg": "daisy", "chelsea.png": "tiger cat"}
FOLDER = "gallery/"
GALLERY = f"/?prefix={FOLDER}"


@pytest.fixture(scope="module")
def uploaded(container: ContainerClient) -> None:
    """Some pictures."""
    for name in LABELS:
        container.upload_blob(f"{FOLDER}{name}", (SAMPLES / name).read_bytes())


@pytest.fixture(autouse=True)
def _answered(uploaded: None, outcome: Outcome) -> None:  # noqa: ARG001
    for name in LABELS:
        outcome(f"{FOLDER}{name}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_with_label_and_score(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(GALLERY)
    tile = page.get_by_role("link", name="espresso 95 % coffee.png")
    picture = tile.locator("img")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    expect(page.get_by_role("gridcell")).to_have_count(len(LABELS))
    assert violations(page) == []


def test_filters_live_in_the_address(page: Page) -> None:
    page.goto(GALLERY)
    field = page.get_by_role("combobox", name="Label")
    field.fill("espr")
    page.get_by_role("option", name="espresso").click()
    expect(page).to_have_url("/?label=espresso&prefix=gallery%2F")
    expect(page.get_by_role("gridcell")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("gridcell")).to_have_count(1)
    expect(field).to_have_value("espresso")
    page.go_back()
    expect(page.get_by_role("gridcell")).to_have_count(len(LABELS))
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url("/")


def test_more_filters_and_other_orders(page: Page) -> None:
    page.goto(f"{GALLERY}&sort=score&order=ascending")
    expect(page.get_by_role("gridcell").first).to_contain_text("missile")
    page.get_by_label("Sorted by").select_option("score")
    page.get_by_role("button", name="Smallest first: turn round").click()
    expect(page.get_by_role("gridcell").first).to_contain_text("espresso")
    page.get_by_role("button", name="More filters").click()
    dialog = page.get_by_role("dialog", name="More filters")
    assert violations(page) == []
    dialog.get_by_role("slider", name="Least score").focus()
    for _ in range(9):
        page.keyboard.press("PageUp")  # a tenth
    expect(page.get_by_role("gridcell", include_hidden=True)).to_have_count(1)
    dialog.get_by_label("Reviewed").select_option("true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="No image is like that")).to_be_visible()
    page.get_by_role("button", name="Show all images").click()
    expect(page.get_by_role("gridcell").nth(len(LABELS) - 1)).to_be_visible()


def test_an_address_that_makes_no_sense_shows_what_does(page: Page) -> None:
    page.goto(f"{GALLERY}&outcome=lost&min_score=7&reviewed=perhaps&since=yesterday&sort=size")
    expect(page.get_by_role("gridcell")).to_have_count(len(LABELS))


def test_keys_lead_through_the_gallery(page: Page) -> None:
    page.goto(GALLERY)
    links = page.get_by_role("gridcell").get_by_role("link")
    expect(links).to_have_count(len(LABELS))
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.nth(3)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("gridcell", selected=True)).to_have_count(1)
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("selected")).to_have_count(0)
    page.keyboard.press("Home")
    name = links.first.inner_text().splitlines()[-1]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name=name, level=1)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(links).to_have_count(len(LABELS))


def test_many_are_reviewed_at_once(page: Page, api: httpx2.Client) -> None:
    page.goto(f"{GALLERY}&label=missile")
    page.get_by_role("gridcell").hover()
    page.get_by_role("button", name="Select rocket.jpg").click()
    page.get_by_role("button", name="Copy names").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == "images/gallery/rocket.jpg"
    page.get_by_role("region", name="Selected images").get_by_role("combobox").fill("rocket")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_text("1 of 1 images are reviewed as rocket.")).to_be_visible()
    expect(page.get_by_role("gridcell").get_by_role("link", name="Reviewed as rocket")).to_be_visible()
    assert api.get("/v1/images/images/gallery/rocket.jpg").json()["review"]["label"] == "rocket"
    api.delete("/v1/reviews/images/gallery/rocket.jpg").raise_for_status()


def test_a_list_as_a_file(page: Page) -> None:
    page.goto(f"{GALLERY}&label=espresso")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    assert download.value.suggested_filename == "loupe.csv"
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert "gallery/coffee.png" in lines[1]


def test_what_arrives_appears_by_itself(page: Page, container: ContainerClient) -> None:
    page.goto("/?prefix=arriving/")
    expect(page.get_by_role("heading", name="No image is like that")).to_be_visible()
    container.upload_blob("arriving/first.png", (SAMPLES / "coffee.png").read_bytes())
    expect(page.get_by_role("link", name="espresso 95 % first.png")).to_be_visible()
    container.upload_blob("arriving/second.jpg", (SAMPLES / "rocket.jpg").read_bytes())
    expect(page.get_by_role("gridcell").first).to_contain_text("missile")
    container.upload_blob("arriving/first.png", (SAMPLES / "flower.jpg").read_bytes(), overwrite=True)
    expect(page.get_by_role("link", name="first.png")).to_contain_text("daisy")
    expect(page.get_by_role("gridcell")).to_have_count(2)


def test_a_service_that_does_not_answer_is_said_in_a_sentence(page: Page, complaints: Complaints) -> None:
    complaints.expected += ["Failed to load resource"]
    page.route("**/v1/images?*", lambda route: route.abort())
    page.goto(GALLERY)
    expect(page.get_by_role("alert")).to_contain_text("Loupe does not answer. Check your connection")
    page.unroute("**/v1/images?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("gridcell")).to_have_count(len(LABELS))


def test_an_address_without_a_page(page: Page) -> None:
    page.goto("/nothing")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_a_thumbnail_that_could_not_be_had_comes_later(page: Page) -> None:
    def slow(route: Route) -> None:
        answer = route.fetch()
        given = answer.json()
        for image in given["images"]:
            image |= {"thumbnail": None, "problem": "the thumbnail takes long to make"}
        route.fulfill(response=answer, json=given)

    page.route("**/v1/links", slow)
    page.goto(f"{GALLERY}&label=espresso")
    expect(page.get_by_title("the thumbnail takes long to make")).to_be_visible()
    page.unroute("**/v1/links")
    expect(page.get_by_role("gridcell").locator("img")).to_have_js_property("complete", value=True)
