"""Batch jobs: submitting them, seeing how far they are, stopping them, and what has failed in them."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES

FOLDER = "jobs page/"
PICTURES = ("coffee.png", "rocket.jpg", "flower.jpg")
BROKEN = f"{FOLDER}broken.jpg"
MISSING = 50_000  # names of nothing, which keep a job busy for longer than a person needs to look at it
NARROW = {"width": 390, "height": 800}
JOB_ID = re.compile("[0-9a-f]{14}-[0-9a-f]{8}")
JOB = re.compile(rf"/jobs/{JOB_ID.pattern}$")


pytestmark = pytest.mark.usefixtures("workers_of_jobs")


@pytest.fixture(scope="module", autouse=True)
def folder(container: ContainerClient) -> None:
    """Pictures, and a file that is none."""
    for name in PICTURES:
        container.upload_blob(f"{FOLDER}{name}", (SAMPLES / name).read_bytes())
    container.upload_blob(BROKEN, b"not an image")


@pytest.fixture(autouse=True)
def _answered(outcome: Outcome) -> None:
    for name in (*(f"{FOLDER}{name}" for name in PICTURES), BROKEN):
        outcome(name)


@pytest.fixture
def busy(api: httpx2.Client) -> Iterator[str]:
    """The id of a job that goes on while a test lasts."""
    names = [f"nothing/{number}" for number in range(MISSING)]
    job = api.post("/v1/jobs", json={"names": names}).raise_for_status().json()
    yield job["id"]
    api.post(f"/v1/jobs/{job['id']}/cancel")


def _state(page: Page, state: str) -> Locator:
    return page.get_by_role("status").get_by_text(state, exact=True)


def _count(page: Page, name: str) -> Locator:
    return page.locator("dl > div").filter(has=page.get_by_text(name, exact=True)).get_by_role("definition").first


def _submit(page: Page, prefix: str, *, again: bool = False) -> None:
    page.goto("/jobs/new")
    page.get_by_label("Name begins with").fill(prefix)
    page.get_by_label("Classify images again").set_checked(again)
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(JOB)


def test_a_job_from_its_form_to_its_end(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="New job").click()
    page.get_by_label("Name begins with").fill(FOLDER)
    page.get_by_label("Classify images again").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=f"Names that begin with “{FOLDER}”")).to_be_visible()
    expect(_state(page, "completed")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", str(len(PICTURES) + 1))
    expect(_count(page, "classified")).to_have_text(str(len(PICTURES)))
    expect(_count(page, "failed")).to_have_text("1")
    page.get_by_role("link", name=f"{len(PICTURES)} classified: show them in the archive").click()
    expect(page.get_by_role("gridcell")).to_have_count(len(PICTURES))


def test_images_that_have_an_answer_are_skipped(page: Page) -> None:
    _submit(page, f"{FOLDER}coffee")
    expect(_state(page, "completed")).to_be_visible()
    expect(_count(page, "skipped")).to_have_text("1")
    expect(_count(page, "classified")).to_have_text("0")
    page.get_by_role("link", name="1 skipped: show them in the archive").click()
    expect(page.get_by_role("link", name="espresso 95 % coffee.png")).to_be_visible()


def test_failures_lead_to_their_images_and_are_tried_again(page: Page) -> None:
    _submit(page, FOLDER, again=True)
    failure = page.get_by_role("region", name="Failures").get_by_role("listitem")
    expect(failure).to_contain_text("not an image")
    failure.get_by_role("link", name="broken.jpg").click()
    expect(page.get_by_text("It was rejected: not an image")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Try 1 failure again").click()
    expect(page.get_by_role("heading", name="1 failure of an earlier job")).to_be_visible()
    expect(_state(page, "completed")).to_be_visible()
    expect(_count(page, "failed")).to_have_text("1")
    page.get_by_role("link", name=JOB_ID).click()
    expect(page.get_by_role("heading", name=f"Names that begin with “{FOLDER}”")).to_be_visible()


def test_names_that_are_pasted(page: Page) -> None:
    page.goto("/jobs/new?input=names")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("textbox", name="Names")).to_be_focused()
    page.get_by_role("textbox", name="Names").fill(f"{FOLDER}coffee.png\n\n{FOLDER}never-was.png\n")
    page.keyboard.press("Tab")
    expect(page.get_by_text("without the container: 2 images.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="2 named images")).to_be_visible()
    expect(page.get_by_role("region", name="Failures").get_by_role("listitem")).to_contain_text(
        "there is no such image"
    )


def test_the_name_of_the_file_says_its_format(page: Page) -> None:
    page.goto("/jobs/new")
    page.get_by_label("File with the answers").fill("answers.parquet")
    expect(page.get_by_label("Format")).to_have_value("parquet")
    page.get_by_label("Format").select_option("jsonl")
    page.get_by_label("File with the answers").fill("answers")
    expect(page.get_by_label("Format")).to_have_value("jsonl")


def test_what_the_archive_shows_is_classified_again(page: Page, outcome: Outcome) -> None:
    page.goto(f"/?prefix={FOLDER}&label=espresso&sort=score")
    page.get_by_role("link", name="Classify these again…").click()
    text = f"Images of the archive: name begins with “{FOLDER}”, label espresso"
    expect(page.get_by_role("radio", name="Images that the archive shows")).to_be_checked()
    expect(page.get_by_text(text)).to_be_visible()
    page.get_by_label("Classify images again").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=text)).to_be_visible()
    expect(_state(page, "completed")).to_be_visible()
    expect(_count(page, "classified")).to_have_text("1")
    assert outcome(f"{FOLDER}coffee.png").image.requested_at


def test_an_image_is_classified_again(page: Page, api: httpx2.Client) -> None:
    name = f"{FOLDER}rocket.jpg"
    before = len(api.get(f"/v1/history/images/{name}").json()["images"])
    page.goto(f"/image?container=images&blob={name}")
    page.get_by_role("button", name="Classify again").click()
    expect(page.get_by_text("It is classified again.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="missile")).to_have_count(before + 1)


def test_images_that_are_selected_are_classified_again(page: Page) -> None:
    page.goto(f"/?prefix={FOLDER}flower")
    page.get_by_role("gridcell").hover()
    page.get_by_role("button", name="Select flower.jpg").click()
    page.get_by_role("region", name="Selected images").get_by_role("button", name="Classify again").click()
    expect(page.get_by_text("1 of 1 images are classified again.")).to_be_visible()
    expect(page.get_by_role("region", name="Selected images")).to_have_count(0)


def test_a_job_is_paused_resumed_and_canceled(page: Page, busy: str) -> None:
    page.goto(f"/jobs/{busy}")
    page.get_by_role("button", name="Pause").click()
    expect(_state(page, "paused")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()  # the answer may come after what it has changed
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alertdialog", name="Cancel this job?")).to_contain_text("It ends for good.")
    page.keyboard.press("Enter")  # which leaves it
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel the job").click()
    expect(_state(page, "canceled")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page).to_have_url("/jobs")


def test_the_list_follows_what_happens(page: Page, api: httpx2.Client) -> None:
    page.goto("/jobs")
    expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    names = [f"following/{number}" for number in range(MISSING)]
    job = api.post("/v1/jobs", json={"names": names}).raise_for_status().json()
    row = page.get_by_role("listitem").filter(has=page.locator(f"a[href='/jobs/{job['id']}']"))
    expect(row).to_contain_text(f"{MISSING:,} named images")
    api.post(f"/v1/jobs/{job['id']}/cancel").raise_for_status()
    expect(row).to_contain_text("canceled")
    page.get_by_label("State").select_option("canceled")
    expect(page).to_have_url("/jobs?state=canceled")
    expect(row).to_be_visible()
    page.get_by_label("State").select_option("paused")
    expect(page.get_by_role("heading", name="No job is paused")).to_be_visible()


def test_what_is_wrong_stands_where_it_belongs(page: Page, complaints: Complaints) -> None:
    complaints.expected.append("422")
    page.goto("/jobs/new")
    page.get_by_label("Name matches").fill("line [3")
    page.get_by_label("Images in one message").fill("2000")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("Images in one message")).to_be_focused()
    expect(page.get_by_label("Images in one message")).to_have_accessible_description(re.compile("1000"))
    page.get_by_label("Images in one message").fill("20")
    page.get_by_role("button", name="Submit").click()
    pattern = page.get_by_label("Name matches")
    expect(pattern).to_have_accessible_description(re.compile("has a \\[ without its \\]"))
    expect(pattern).to_be_focused()
    assert violations(page) == []
    page.get_by_role("combobox", name="Model").fill("resnet:1")
    pattern.fill(f"{FOLDER}*")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_accessible_description(
        re.compile("serves resnet:1: name one")
    )


def test_a_job_that_does_the_same_is_named(page: Page, busy: str, complaints: Complaints) -> None:
    complaints.expected.append("409")
    page.goto("/jobs/new?input=names")
    names = "\n".join(f"nothing/{number}" for number in range(MISSING))
    page.evaluate("names => navigator.clipboard.writeText(names)", names)
    page.get_by_role("textbox", name="Names").press("ControlOrMeta+V")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Job {busy} does the same already")
    page.get_by_role("link", name="Look at that job").click()
    expect(page).to_have_url(f"/jobs/{busy}")


def test_a_job_that_there_is_not(page: Page, complaints: Complaints) -> None:
    complaints.expected += ["404", "422"]
    for name in ("0644a8b2c1d3e4-5f0c1b7a", "nonsense"):
        page.goto(f"/jobs/{name}")
        expect(page.get_by_role("heading", name="There is no such job")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/jobs", "/jobs/new", "/jobs/new?input=names", "/jobs/new?input=filter"])
def test_nothing_grave_in_the_way_of_anybody(page: Page, busy: str, path: str, theme: str) -> None:  # noqa: ARG001
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("progressbar").or_(page.get_by_role("button", name="Submit")).first).to_be_visible()
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
    assert violations(page) == []
