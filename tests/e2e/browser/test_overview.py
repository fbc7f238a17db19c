"""The overview: figures that lead to their images, what is on its way, and what is said when something is missing."""

import re

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from playwright.sync_api import BrowserContext, Locator, Page, expect

from loupe_shared.counters import SCORE_BINS
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES

PICTURE, BROKEN = "overview/overview-coffee.png", "overview/overview-broken.jpg"
NARROW = {"width": 390, "height": 800}
WITHOUT_WORKERS = {
    "outstanding": 0,
    "queues": [{"name": "classify", "waiting": 0, "running": 0, "dead": 2}],
    "workers": [],
}

NOTHING: dict[str, dict[str, int]] = {
    "outcomes": {},
    "labels": {},
    "reasons": {},
    "reviews": {},
    "models": {},
    "containers": {},
}


@pytest.fixture(scope="module", autouse=True)
def folder(container: ContainerClient) -> None:
    """A picture and a file that is none, under names of these tests."""
    container.upload_blob(PICTURE, (SAMPLES / "coffee.png").read_bytes())
    container.upload_blob(BROKEN, b"not an image")


@pytest.fixture(autouse=True)
def _answered(outcome: Outcome) -> None:
    for name in (PICTURE, BROKEN):
        outcome(name)


def _region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def _figure(page: Page, name: str) -> Locator:
    return page.locator("dl > div").filter(has=page.get_by_text(name, exact=True))


def _tiles(page: Page) -> Locator:
    return page.get_by_role("grid", name="Images").get_by_role("link")


def test_figures_of_everything(page: Page, api: httpx2.Client) -> None:
    counts = api.get("/v1/counts").json()
    rejected, classified = counts["outcomes"]["rejected"], counts["outcomes"]["classified"]
    page.goto("/")
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(_figure(page, "Images in all")).to_contain_text(f"{sum(counts['outcomes'].values()):,}")
    expect(_figure(page, "Rejected")).to_contain_text(f"{rejected:,} of {rejected + classified:,} answered")
    expect(_figure(page, "Images per minute now")).to_contain_text(re.compile(r"[1-9].*over the last \d+ minutes"))
    expect(_region(page, "Images per minute").locator(".recharts-area")).to_be_visible()


def test_a_reason_leads_to_its_images(page: Page) -> None:
    page.goto("/overview")
    _region(page, "Why images were rejected").get_by_role("link", name="not an image").click()
    expect(page).to_have_url(re.compile(r"/\?outcome=rejected&reason=not_an_image$"))
    expect(_tiles(page).filter(has_text="overview-broken.jpg")).to_be_visible()
    expect(_tiles(page).filter(has_not_text="not an image")).to_have_count(0)


def test_a_label_leads_to_its_images(page: Page, api: httpx2.Client) -> None:
    labels = api.get("/v1/counts").json()["labels"]
    label = min(labels, key=lambda name: (-labels[name], name))
    page.goto("/overview")
    _region(page, "Labels").get_by_role("link", name=label, exact=True).click()
    expect(page.get_by_role("combobox", name="Label")).to_have_value(label)
    expect(_tiles(page).filter(has_text=label).first).to_be_visible()


def test_a_bar_of_scores_leads_to_its_images(page: Page, outcome: Outcome) -> None:
    score = outcome(PICTURE).score
    assert score is not None
    least = int(score * SCORE_BINS) / SCORE_BINS
    page.goto("/overview")
    _region(page, "Scores").locator(f"a[href*='min_score={least:g}&']").first.click()
    expect(page).to_have_url(re.compile(rf"[?&]min_score={least:g}&since="))
    expect(_tiles(page).filter(has_text="overview-coffee.png")).to_be_visible()


def test_numbers_of_a_chart_for_keyboards(page: Page) -> None:
    page.goto("/overview")
    page.get_by_text("Show the numbers: Images by day and label").focus()
    page.keyboard.press("Enter")
    numbers = page.get_by_role("table", name="Images by day and label")
    expect(numbers.get_by_role("columnheader", name="Day (UTC)")).to_be_visible()
    expect(numbers.get_by_role("row")).to_have_count(1 + 30)


def test_the_time_is_in_the_address(page: Page) -> None:
    page.goto("/overview")
    page.get_by_label("Labels and scores of").select_option("the last 7 days")
    expect(page).to_have_url(re.compile(r"/overview\?days=7$"))
    expect(_region(page, "Labels by day")).to_contain_text("over the last 7 days")
    page.reload()
    expect(_region(page, "Scores")).to_contain_text("over the last 7 days")


def test_a_container_is_chosen_where_there_are_several(page: Page, api: httpx2.Client) -> None:
    counts = api.get("/v1/counts").json() | {"containers": {"images": 2, "others": 1}}
    page.route("**/v1/counts*", lambda route: route.fulfill(json=counts))
    page.goto("/overview")
    page.get_by_label("Container").select_option("images")
    expect(page).to_have_url(re.compile(r"/overview\?container=images$"))
    rejected = _region(page, "Outcomes").get_by_role("link", name="rejected")
    expect(rejected).to_have_attribute("href", "/?container=images&outcome=rejected")


def test_an_empty_archive_has_no_charts(page: Page) -> None:
    page.route("**/v1/counts*", lambda route: route.fulfill(json=NOTHING))
    page.goto("/overview")
    expect(page.get_by_role("heading", name="There are no images yet")).to_be_visible()
    expect(page.get_by_role("table", name="Workers")).to_be_visible()
    expect(page.get_by_role("figure")).to_have_count(0)


def test_workers_with_their_model(page: Page) -> None:
    page.goto("/overview")
    worker = page.get_by_role("table", name="Workers").get_by_role("row").filter(has_text="inference").first
    expect(worker).to_contain_text("efficientnet-lite0:1")
    expect(worker).to_contain_text(re.compile(r"\d s ago"))
    expect(page.get_by_role("table", name="Queues").get_by_role("rowheader", name="classify")).to_be_visible()


def test_what_nobody_works_on_is_said(page: Page) -> None:
    page.route("**/v1/pipeline", lambda route: route.fulfill(json=WITHOUT_WORKERS))
    page.goto("/overview")
    expect(page.get_by_text("No worker has reported for 20 seconds: nothing is being classified.")).to_be_visible()
    expect(page.get_by_text("2 jobs were set aside as dead letters")).to_be_visible()
    expect(_figure(page, "On their way")).to_contain_text("None")


def test_one_failed_question_leaves_the_rest(page: Page, context: BrowserContext, complaints: Complaints) -> None:
    complaints.expected.append("net::ERR_FAILED")
    context.route("**/v1/statistics*", lambda route: route.abort())
    page.goto("/overview")
    expect(_region(page, "Labels and scores").get_by_role("alert")).to_contain_text("Loupe does not answer")
    expect(_region(page, "Outcomes").get_by_role("link", name="classified")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(1)
    context.unroute("**/v1/statistics*")
    page.get_by_role("button", name="Try again").click()
    expect(_region(page, "Labels by day")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_grave_in_the_way_of_anybody(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto("/overview")
    expect(_region(page, "Scores").locator("svg a").first).to_be_visible()
    expect(page.get_by_role("table", name="Workers")).to_be_visible()
    assert violations(page) == []


def test_fits_a_phone(page: Page) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto("/overview")
    expect(_region(page, "Scores").locator("svg a").first).to_be_visible()
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
