"""The page of one image: the picture, what was found on it, and why."""

import io
import re

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES, encode, photo

COFFEE = (SAMPLES / "coffee.png").read_bytes()
NAME = "looking/at/coffee.png"
PAGE = f"/image?container=images&blob={NAME}"


@pytest.fixture(scope="module")
def uploaded(container: ContainerClient) -> None:
    """A picture, and one like it."""
    container.upload_blob(NAME, COFFEE)
    container.upload_blob("looking/at/another.jpg", encode(Image.open(io.BytesIO(COFFEE)).convert("RGB"), "JPEG"))


@pytest.fixture(autouse=True)
def _answered(uploaded: None, outcome: Outcome) -> None:  # noqa: ARG001
    outcome(NAME)
    outcome("looking/at/another.jpg")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_that_is_known(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(PAGE)
    expect(page).to_have_title("coffee.png · Loupe")
    picture = page.get_by_role("img", name=NAME)
    expect(picture).to_have_js_property("naturalWidth", 600)
    labels = page.get_by_role("list", name="Most probable labels").get_by_role("listitem")
    expect(labels).to_have_count(5)
    expect(labels.first).to_have_text("espresso95 %")
    for stage in ("queued", "fetch", "decode", "inference", "store"):
        expect(page.get_by_role("term").filter(has_text=stage)).to_be_visible()
    expect(page.get_by_text("efficientnet-lite0:1 (fp32)")).to_be_visible()
    expect(page.get_by_text("PNG, 600 × 400, 467 kB")).to_be_visible()
    assert violations(page) == []


def test_the_heatmap_lies_over_what_the_model_saw_and_can_be_faded(page: Page, api: httpx2.Client) -> None:
    page.goto(PAGE)
    picture, heatmap = page.get_by_role("img", name=NAME), page.locator("canvas")
    expect(picture).to_have_js_property("complete", value=True)
    around, inside = picture.bounding_box(), heatmap.bounding_box()
    assert around
    assert inside
    seen = api.get(f"/v1/images/images/{NAME}").json()["properties"]["seen"]
    measured = (
        (inside["x"] - around["x"]) / around["width"],
        (inside["y"] - around["y"]) / around["height"],
        (inside["x"] + inside["width"] - around["x"]) / around["width"],
        (inside["y"] + inside["height"] - around["y"]) / around["height"],
    )
    assert measured == pytest.approx(seen, abs=0.01)
    strongest = heatmap.evaluate(
        "canvas => Math.max(...canvas.getContext('2d').getImageData(0, 0, 7, 7).data.filter((_, i) => i % 4 === 3))"
    )
    assert strongest == 255
    slider = page.get_by_role("slider", name="What the model looked at")
    slider.focus()
    page.keyboard.press("Home")
    expect(heatmap).to_have_css("opacity", "0")
    page.keyboard.press("End")
    expect(heatmap).to_have_css("opacity", "1")


def test_similar_images_lead_on(page: Page) -> None:
    page.goto(PAGE)
    page.get_by_role("link", name=re.compile("another.jpg")).click()
    expect(page.get_by_role("heading", name="another.jpg", level=1)).to_be_visible()


def test_the_link_is_copied(page: Page) -> None:
    page.goto(PAGE)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is in the clipboard.")).to_be_visible()
    page.goto(page.evaluate("() => navigator.clipboard.readText()"))
    expect(page.get_by_role("heading", name="coffee.png", level=1)).to_be_visible()


def test_a_person_says_what_it_shows_and_takes_it_back(page: Page, api: httpx2.Client) -> None:
    page.goto(PAGE)
    page.get_by_role("combobox", name="Something else").fill("flat white")
    page.keyboard.press("Enter")
    expect(page.get_by_text("flat white, says anonymous")).to_be_visible()
    assert api.get(f"/v1/images/images/{NAME}").json()["review"]["label"] == "flat white"
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("flat white, says")).to_have_count(0)
    assert "review" not in {k: v for k, v in api.get(f"/v1/images/images/{NAME}").json().items() if v is not None}


def test_who_said_what_is_shown_and_nobody_takes_back_what_others_said(page: Page) -> None:
    said = [
        {"label": label, "reviewer": reviewer, "reviewed_at": "2026-11-22T08:15:30Z"}
        for reviewer, label in (("Ada", "mug"), ("Bob", "flat white"))
    ]

    def disputed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"reviews": said, "review": said[1], "conflict": True})

    page.route(re.compile(r"/v1/images/images/.*coffee\.png"), disputed)
    page.goto(PAGE)
    expect(page.get_by_text("mug, says Ada")).to_be_visible()
    expect(page.get_by_text("flat white, says Bob")).to_be_visible()
    expect(page.get_by_text("They disagree")).to_be_visible()
    expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    assert violations(page) == []


def test_a_new_version_appears_by_itself_and_the_old_answer_is_history(
    page: Page, container: ContainerClient, outcome: Outcome
) -> None:
    container.upload_blob("looking/changing", COFFEE)
    outcome("looking/changing")
    page.goto("/image?container=images&blob=looking/changing")
    expect(page.get_by_role("listitem").first).to_contain_text("espresso")
    container.upload_blob("looking/changing", (SAMPLES / "rocket.jpg").read_bytes(), overwrite=True)
    expect(page.get_by_role("listitem").first).to_contain_text("missile")
    earlier = page.get_by_role("row").filter(has_text="espresso")
    expect(earlier).to_contain_text("efficientnet-lite0:1")
    assert violations(page) == []


def test_an_image_that_is_not_there_yet(page: Page, container: ContainerClient, complaints: Complaints) -> None:
    complaints.expected.append("404")
    page.goto("/image?container=images&blob=looking/soon.png")
    expect(page.get_by_role("heading", name="This image is not in the archive")).to_be_visible()
    container.upload_blob("looking/soon.png", COFFEE)
    expect(page.get_by_role("list", name="Most probable labels")).to_contain_text("espresso")


def test_an_image_that_is_gone(page: Page, container: ContainerClient, outcome: Outcome) -> None:
    container.upload_blob("looking/gone.png", COFFEE)
    outcome("looking/gone.png")
    page.goto("/image?container=images&blob=looking/gone.png")
    expect(page.get_by_role("listitem").first).to_contain_text("espresso")
    container.delete_blob("looking/gone.png")
    expect(page.get_by_text("It was deleted.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("It was deleted.")).to_be_visible()
    expect(page.get_by_text("The picture cannot be shown")).to_be_visible()


def test_a_rejected_picture_says_why(page: Page, container: ContainerClient, outcome: Outcome) -> None:
    container.upload_blob("looking/broken.jpg", encode(photo(), "JPEG")[:2000])
    outcome("looking/broken.jpg")
    page.goto("/image?container=images&blob=looking/broken.jpg")
    expect(page.get_by_text(re.compile("It was rejected: (truncated|corrupt)"))).to_be_visible()


def test_what_browsers_do_not_show_is_shown_as_its_thumbnail(
    page: Page, container: ContainerClient, outcome: Outcome
) -> None:
    container.upload_blob("looking/scan.tiff", encode(photo(), "TIFF"))
    outcome("looking/scan.tiff")
    page.goto("/image?container=images&blob=looking/scan.tiff")
    expect(page.get_by_role("img", name="looking/scan.tiff")).to_have_js_property("naturalWidth", 256)


def test_links_that_cannot_be_had_cost_no_answer(page: Page, complaints: Complaints) -> None:
    complaints.expected.append("Failed to load resource")
    page.route("**/v1/links", lambda route: route.abort())
    page.goto(PAGE)
    expect(page.get_by_role("alert").first).to_contain_text("Loupe does not answer")
    expect(page.get_by_role("list", name="Most probable labels")).to_contain_text("espresso")
