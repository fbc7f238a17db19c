"""How all pages look, light and dark and on a phone. axe finds nothing on any of them.

The pictures are kept in the folder that ``--screenshots`` names; `make screenshots` takes those of the documentation.
"""

import io
import random
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from azure.storage.blob import ContainerClient, ContentSettings
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from loupe_client import Loupe
from loupe_local.stack import Stack
from loupe_shared.adapters.broker import make_celery
from loupe_shared.domain import now
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.settings import QueueSettings
from tests.e2e.browser.axe import violations
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES, encode, image_ref, result

FOLDER = "garden/"
COUNT = 40
PHONE = {"width": 390, "height": 844}
QUALITY = 80


def parts() -> list[bytes]:
    """Parts of the sample photos, no two alike."""
    chance = random.Random(5)
    photos = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.*g"))]
    pictures = []
    for number in range(COUNT):
        photo = photos[number % len(photos)]
        edges = [round(edge * chance.uniform(0.6, 1)) for edge in photo.size]
        left, top = (chance.randrange(whole - edge + 1) for whole, edge in zip(photo.size, edges, strict=True))
        pictures.append(encode(photo.crop((left, top, left + edges[0], top + edges[1])), "JPEG", quality=90))
    return pictures


@pytest.fixture(scope="module")
def pictures(container: ContainerClient) -> list[str]:
    """Names of pictures in the container."""
    names = [f"{FOLDER}{number:03}.jpg" for number in range(COUNT)]
    settings = ContentSettings(content_type="image/jpeg")
    for name, picture in zip(names, parts(), strict=True):
        container.upload_blob(name, picture, content_settings=settings)
    return names


@pytest.fixture(scope="module")
def _jobs(pictures: list[str], api: httpx2.Client) -> None:
    """Two jobs, one of which has failures."""
    names = [*pictures, f"{FOLDER}cellar.jpg", f"{FOLDER}attic.jpg"]
    for request in ({"prefix": FOLDER}, {"names": names, "again": True}):
        api.post("/v1/jobs", json=request).raise_for_status()


@pytest.fixture
def _letters(stack: Stack) -> Iterator[None]:
    """Dead letters, which are gone when the test ends."""
    letters = [
        ("store-dead", "DiskFull: no space left", StoreBatch(results=(result(f"{FOLDER}003.jpg", "fig"),)).to_json()),
        ("classify-dead", "malformed: images: Tuple should have at least 1 item", '{"version":1,"images":[]}'),
        ("classify-dead", "MemoryError: no room for 90,000,000 pixels", ClassifyJob(images=(image_ref(),)).to_json()),
    ]
    with make_celery(QueueSettings(broker_url=stack.valkey.url)) as app, Loupe(stack.api) as loupe:
        for queue, reason, message in letters:
            letter = {"message": message, "reason": reason, "at": now().isoformat()}
            app.send_task("loupe.dead-letter", kwargs=letter, queue=queue)
        yield
        loupe.dismiss_matching()


@pytest.fixture(autouse=True)
def _answered(pictures: list[str], outcome: Outcome) -> None:
    for name in pictures:
        outcome(name)


def archive(page: Page) -> None:
    """All thumbnails in sight are there."""
    page.goto(f"/?prefix={FOLDER}")
    expect(page.get_by_role("gridcell").nth(20)).to_be_visible()
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('[role=gridcell] img')];"
        " return all.length > 20 && all.every(image => image.complete && image.naturalWidth); }"
    )


def image(page: Page) -> None:
    """The picture and those that are like it."""
    page.goto(f"/image?container=images&blob={FOLDER}003.jpg")
    expect(page.get_by_role("heading", name="Similar images")).to_be_visible()
    page.wait_for_function("() => [...document.images].length > 6 && [...document.images].every(i => i.naturalWidth)")


def upload(page: Page) -> None:
    """Some that are there already, and one that is no picture."""
    page.goto("/upload")
    page.get_by_label("Folder in the container").fill("harvest")
    photos = dict(zip(("apple.jpg", "pear.jpg", "plum.jpg"), parts(), strict=False))
    photos["broken.jpg"] = photos["apple.jpg"][:2000]
    files = [FilePayload(name=name, mimeType="image/jpeg", buffer=content) for name, content in photos.items()]
    page.locator("input[type=file]:not([webkitdirectory])").set_input_files(files)
    expect(page.get_by_text("Rejected: truncated")).to_be_visible()
    expect(page.get_by_role("listitem").get_by_role("link")).to_have_count(4)


def review(page: Page) -> None:
    """The first in the queue."""
    page.goto(f"/review?prefix={FOLDER}")
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    page.wait_for_function("() => [...document.images].filter(i => i.naturalWidth > 64).length > 0")


def overview(page: Page) -> None:
    """With its charts."""
    page.goto("/overview")
    expect(page.get_by_role("heading", name="Scores")).to_be_visible()
    expect(page.get_by_role("table", name="Workers")).to_contain_text("inference")


def jobs(page: Page) -> None:
    """All of them have ended."""
    page.goto("/jobs")
    expect(page.get_by_role("listitem").nth(1)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=re.compile("queued|running"))).to_have_count(0)


def job_page(page: Page) -> None:
    """One that has failures."""
    page.goto("/jobs")
    page.get_by_role("link", name=f"{COUNT + 2} named images").first.click()
    expect(page.get_by_role("region", name="Failures").get_by_role("listitem")).to_have_count(2)


def new_job(page: Page) -> None:
    """For what the archive shows."""
    page.goto(f"/?prefix={FOLDER}")
    page.get_by_role("link", name="Classify these again…").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()


def letters(page: Page) -> None:
    """The list."""
    page.goto("/dead-letters")
    expect(page.get_by_role("region", name="Dead letters").get_by_role("listitem")).to_have_count(3)


def letter(page: Page) -> None:
    """One that can be replayed."""
    letters(page)
    page.get_by_role("link", name="DiskFull").click()
    expect(page.get_by_role("heading", name="Message")).to_be_visible()


PAGES = {
    "archive": archive,
    "image": image,
    "upload": upload,
    "review": review,
    "overview": overview,
    "jobs": jobs,
    "job": job_page,
    "new-job": new_job,
    "letters": letters,
    "letter": letter,
}


@pytest.mark.usefixtures("workers_of_jobs", "_jobs", "_letters")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page(page: Page, name: str, theme: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    PAGES[name](page)
    folder: Path = pytestconfig.getoption("screenshots") or tmp_path
    keep(page, folder / f"{name}-{theme}.webp")
    assert violations(page) == []


@pytest.mark.usefixtures("workers_of_jobs", "_jobs", "_letters")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(page: Page, name: str, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    PAGES[name](page)
    keep(page, tmp_path / f"{name}.webp")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


def keep(page: Page, path: Path) -> None:
    """What the browser shows, as a small file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=QUALITY, method=6)
