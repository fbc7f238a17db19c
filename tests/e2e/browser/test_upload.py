"""Uploading: what people drop or choose, what they are told meanwhile, and what is found on it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from playwright.sync_api import BrowserContext, Dialog, FilePayload, Locator, Page, Request, Route, expect

from loupe_local.azurite import CONTAINER
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES

COFFEE = (SAMPLES / "coffee.png").read_bytes()
ROCKET = (SAMPLES / "rocket.jpg").read_bytes()
BROKEN = ROCKET[:50_000]
FILES = "input[type=file]:not([webkitdirectory])"
FOLDER = "input[type=file][webkitdirectory]"
PHONE = {"width": 390, "height": 844}


def open_upload(page: Page, folder: str) -> None:
    """The page, with a folder of the container for each test."""
    page.goto("/upload")
    page.get_by_label("Folder in the container").fill(folder)


Drop = Callable[[Page, Mapping[str, bytes]], None]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Drags files onto the page, as from a file manager, and lets them go. Of paths, the first folders are dragged."""

    def drag(page: Page, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        dragged = {str(tmp_path / Path(name).parts[0]): None for name in files}
        browser = page.context.new_cdp_session(page)
        dragging = {"items": [], "files": list(dragged), "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            browser.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 120, "data": dragging})
        browser.detach()

    return drag


def row(page: Page, name: str) -> Locator:
    """The row of a file."""
    return page.get_by_role("listitem").filter(has_text=name)


def is_put(request: Request) -> bool:
    """Whether a file is sent."""
    return request.method == "PUT"


class Storage:
    """Storage that answers an upload when it is told to."""

    def __init__(self, context: BrowserContext) -> None:
        self.held: list[Route] = []
        context.route(lambda url: f"/{CONTAINER}/" in url, self._hold)

    def _hold(self, route: Route) -> None:
        if is_put(route.request):
            self.held.append(route)
        else:
            route.continue_()

    def go_on(self) -> None:
        """Let everything through that has arrived."""
        while self.held:
            self.held.pop().continue_()


def test_dropping_a_photo(page: Page, drop: Drop) -> None:
    open_upload(page, "dropped")
    drop(page, {"coffee.png": COFFEE})
    link = page.get_by_role("link", name="coffee.png dropped/ espresso 95 %")
    expect(link).to_be_visible()
    expect(link.locator("img")).to_have_js_property("complete", value=True)
    expect(page.get_by_text("1 of 1 uploaded · 1 answered")).to_be_visible()
    assert violations(page) == []
    link.click()
    expect(page.get_by_role("heading", name="coffee.png")).to_be_visible()
    expect(page.get_by_alt_text("dropped/coffee.png")).to_have_js_property("complete", value=True)
    expect(page.locator("canvas")).to_be_visible()


def test_dropping_a_folder(page: Page, drop: Drop) -> None:
    open_upload(page, "")
    drop(page, {"album/coffee.png": COFFEE, "album/inner/rocket.JPG": ROCKET, "album/.hidden.png": COFFEE})
    expect(page.get_by_text("Left out: 1 hidden file.")).to_be_visible()
    expect(row(page, "coffee.png album/")).to_contain_text("espresso")
    expect(row(page, "rocket.JPG album/inner/")).to_contain_text("missile")


def test_choosing_a_folder(page: Page, tmp_path: Path) -> None:
    files = {"coffee.png": COFFEE, "inner/rocket.JPG": ROCKET, "notes.txt": b"notes", ".hidden.png": COFFEE}
    for name, data in files.items():
        path = tmp_path / "trip" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    open_upload(page, "/chosen/")
    page.locator(FOLDER).set_input_files(tmp_path / "trip")
    expect(page.get_by_text("Left out: 1 hidden file, 1 file without the suffix of a picture.")).to_be_visible()
    expect(row(page, "coffee.png chosen/trip/")).to_contain_text("espresso")
    expect(row(page, "rocket.JPG chosen/trip/inner/")).to_contain_text("missile")


def test_a_broken_picture_is_rejected_and_the_others_are_not(page: Page) -> None:
    open_upload(page, "mixed")
    chosen: list[FilePayload] = [
        {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": BROKEN},
        {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
        {"name": "coffee.png", "mimeType": "image/png", "buffer": COFFEE},
    ]
    page.locator(FILES).set_input_files(chosen)
    expect(row(page, "broken.jpg")).to_contain_text("Rejected: truncated")
    expect(row(page, "empty.jpg")).to_contain_text("Rejected: empty")
    expect(row(page, "coffee.png")).to_contain_text("espresso")
    page.get_by_label("Show").select_option("rejected")
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Clear ended").click()
    expect(page.get_by_role("region", name="Uploads")).to_have_count(0)


def test_storage_refuses(page: Page, drop: Drop, context: BrowserContext, complaints: Complaints) -> None:
    complaints.expected.append("403")
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if is_put(route.request):
            refused.append(route.request.url)
            route.fulfill(status=403, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    context.route(lambda url: f"/{CONTAINER}/" in url, refuse)
    open_upload(page, "refused")
    drop(page, {"coffee.png": COFFEE})
    expect(row(page, "coffee.png")).to_contain_text("Storage refuses the upload, with a new link too.")
    assert len(refused) == 2
    context.unroute_all()
    page.get_by_role("button", name="Try coffee.png again").click()
    expect(row(page, "coffee.png")).to_contain_text("espresso")


def test_the_api_does_not_answer(page: Page, drop: Drop, complaints: Complaints) -> None:
    complaints.expected.append("ERR_FAILED")
    page.route("**/v1/uploads", lambda route: route.abort())
    open_upload(page, "unreachable")
    drop(page, {"coffee.png": COFFEE, "rocket.jpg": ROCKET})
    expect(row(page, "coffee.png")).to_contain_text("Tries again by itself. Loupe does not answer")
    expect(page.get_by_text("0 of 2 uploaded · 2 failed")).to_be_visible()
    expect(row(page, "coffee.png")).to_contain_text(
        "Loupe does not answer: check your connection, and that the service runs."
    )
    assert violations(page) == []
    page.unroute_all()
    page.get_by_role("button", name="Try all again").click()
    expect(row(page, "coffee.png")).to_contain_text("espresso")
    expect(row(page, "rocket.jpg")).to_contain_text("missile")


def test_a_replaced_picture_does_not_get_the_old_answer(
    page: Page, drop: Drop, container: ContainerClient, api: httpx2.Client, outcome: Outcome, complaints: Complaints
) -> None:
    complaints.expected.append("ERR_FAILED")
    container.upload_blob("replaced/picture.jpg", COFFEE)
    assert outcome("replaced/picture.jpg").label == "espresso"
    old = api.get(f"/v1/images/{CONTAINER}/replaced/picture.jpg").json()
    page.route("**/v1/stream?*", lambda route: route.abort())
    page.route("**/v1/images/batch", lambda route: route.fulfill(json={"images": [old], "missing": []}))
    open_upload(page, "replaced")
    with page.expect_response(lambda response: is_put(response.request)) as put:
        drop(page, {"picture.jpg": ROCKET})
    assert put.value.header_value("access-control-expose-headers") == "etag"
    for _ in range(2):  # the second question is asked when the first answer has been looked at
        page.wait_for_event("response", lambda response: response.url.endswith("/v1/images/batch"))
    expect(row(page, "picture.jpg")).to_contain_text("Uploaded, waiting for the answer")
    page.unroute_all()
    expect(row(page, "picture.jpg")).to_contain_text("missile")
    drop(page, {"picture.jpg": COFFEE})
    expect(row(page, "picture.jpg")).to_contain_text("espresso")


def test_uploads_go_on_elsewhere_and_leaving_asks(page: Page, drop: Drop, context: BrowserContext) -> None:
    storage = Storage(context)
    open_upload(page, "elsewhere")
    drop(page, {"coffee.png": COFFEE})
    expect(page.get_by_role("progressbar", name="Upload of elsewhere/coffee.png")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Archive").click()
    indicator = page.get_by_role("link", name="1 to upload")
    expect(indicator).to_be_visible()
    with page.expect_event("dialog") as asked:
        page.evaluate("() => void setTimeout(() => location.reload())")
    dialog: Dialog = asked.value
    assert dialog.type == "beforeunload"
    dialog.dismiss()
    indicator.click()
    storage.go_on()
    expect(row(page, "coffee.png")).to_contain_text("espresso")
    expect(indicator).to_have_count(0)


def test_of_thousands_only_those_in_sight_exist_and_all_can_be_cancelled(
    page: Page, drop: Drop, context: BrowserContext
) -> None:
    storage = Storage(context)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    open_upload(page, "thousands")
    drop(page, {f"{number}.png": b"no picture" for number in range(3000)})
    expect(page.get_by_text("0 of 3,000 uploaded")).to_be_visible()
    assert page.get_by_role("listitem").count() < 40
    page.get_by_role("button", name="Cancel 0.png").click()
    expect(row(page, "0.png thousands/").first).to_contain_text("Cancelled")
    page.get_by_role("button", name="Cancel all").click()
    expect(page.get_by_text("0 of 3,000 uploaded · 3,000 cancelled")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert len(storage.held) <= 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_can_be_seen(page: Page, drop: Drop, context: BrowserContext, scheme: Any) -> None:  # noqa: ANN401
    page.emulate_media(color_scheme=scheme)
    open_upload(page, f"states-{scheme}")
    drop(page, {"broken.jpg": BROKEN, "coffee.png": COFFEE})
    expect(page.get_by_text("2 of 2 uploaded · 2 answered · 1 rejected")).to_be_visible()
    Storage(context)
    drop(page, {f"{number}.png": COFFEE for number in range(6)})
    page.get_by_role("button", name="Cancel 0.png").click()
    page.get_by_label("Folder in the container").fill("a/../b")
    expect(page.get_by_text("This folder has a part that is “.” or “..”: choose another name.")).to_be_visible()
    assert violations(page) == []
    drop(page, {"7.png": COFFEE})
    expect(page.get_by_text("Nothing is uploaded. This folder has a part")).to_be_visible()
    expect(row(page, "7.png")).to_have_count(0)
    page.get_by_role("button", name="Cancel all").click()


def test_without_the_scope(page: Page) -> None:
    page.route("**/v1/me", lambda route: route.fulfill(json={"name": "line 3", "scopes": ["read"]}))
    page.goto("/upload")
    expect(page.get_by_text("Ask whoever runs Loupe for the scope “review”.")).to_be_visible()
    expect(page.get_by_role("button", name="Choose pictures")).to_have_count(0)
