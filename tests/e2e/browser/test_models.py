"""Models: which versions there are, releasing them with a reason, what is refused, and going back."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient
from playwright.sync_api import Locator, Page, expect

from loupe_local.stack import Stack
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.settings import StorageSettings
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.browser.test_sign_in import guarded
from tests.manifests import metrics, quantized, write_bundle

NARROW = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def storage(stack: Stack) -> Iterator[BlobServiceClient]:
    """The storage account of the system."""
    env = stack.environment()
    settings = StorageSettings(
        storage_account=env["LOUPE_STORAGE_ACCOUNT"],
        storage_key=env["LOUPE_STORAGE_KEY"],
        blob_endpoint=env["LOUPE_BLOB_ENDPOINT"],
    )
    with connect(settings) as storage:
        yield storage


@pytest.fixture
def url(stack: Stack, storage: BlobServiceClient, tmp_path: Path) -> Iterator[str]:
    """The address of an API with a registry of its own, in which the last of three versions is worse."""
    container = storage.create_container(f"models-{uuid.uuid4().hex}").container_name
    registry = BlobRegistry(storage, container)
    for version, accuracy in ((1, 0.9), (2, 0.912), (3, 0.5)):
        int8 = quantized() if version == 2 else None
        bundle = write_bundle(tmp_path / str(version), version, metrics=metrics(accuracy), quantization=int8)
        registry.register(bundle)
    with guarded(stack, tmp_path / "log", LOUPE_MODEL_CONTAINER=container) as url:
        yield url


def card(page: Page, version: int) -> Locator:
    """What is shown of a version."""
    return page.get_by_role("listitem", name=f"Version {version}", exact=True)


def change(page: Page, button: Locator, action: str, why: str = "it is better") -> None:
    """Do something, and say why."""
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=action).click()
    expect(dialog).to_be_hidden()


def test_from_the_first_version_to_the_next_and_back(page: Page, url: str) -> None:
    page.goto(f"{url}/")
    page.get_by_role("navigation").get_by_role("link", name="Models").click()
    expect(page.get_by_text("No version was promoted yet")).to_be_visible()
    page.get_by_role("link", name="cells").click()
    status, changes = page.get_by_role("status").first, page.get_by_role("list", name="Changes")
    change(page, card(page, 1).get_by_role("button", name="Promote"), "Promote", "the first")
    expect(status).to_have_text("Version 1 serves")
    card(page, 2).get_by_role("button", name="Try on a part").click()
    page.get_by_label("Share of the images").fill("12,5")
    page.get_by_label("Why").fill("to see it at work")
    page.get_by_role("button", name="Try it").click()
    expect(status).to_have_text("Version 1 serves · 2 answers for 13 %")
    expect(card(page, 2).get_by_text("canary, 13 %")).to_be_visible()
    change(page, card(page, 2).get_by_role("button", name="Promote"), "Promote")
    expect(status).to_have_text("Version 2 serves")
    change(page, card(page, 3).get_by_role("button", name="Look on"), "Let it look on")
    expect(status).to_have_text("Version 2 serves · looking on: 3")
    change(page, card(page, 3).get_by_role("button", name="Stop looking on"), "End it")
    change(page, page.get_by_role("button", name="Go back to version 1"), "Go back", "too many false alarms")
    expect(status).to_have_text("Version 1 serves")
    expect(page.get_by_role("button", name="Go back")).to_have_count(0)
    expect(changes.get_by_role("listitem").first).to_contain_text("version 1 serves again, in place of 2")
    expect(changes.get_by_role("listitem").first).to_contain_text("“too many false alarms”, anonymous")
    expect(changes.get_by_role("listitem")).to_have_count(6)


def test_a_refusal_is_shown_and_can_be_overruled(page: Page, url: str, complaints: Complaints) -> None:
    complaints.expected.append("409")
    page.goto(f"{url}/models/cells")
    change(page, card(page, 1).get_by_role("button", name="Promote"), "Promote")
    objection = "its accuracy is 50.0%, and 90.0% that of the version that serves"
    expect(card(page, 3).get_by_text(objection)).to_be_visible()
    card(page, 3).get_by_role("button", name="Promote").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(objection)).to_be_visible()
    expect(dialog.get_by_role("button", name="Promote")).to_be_disabled()
    dialog.get_by_label("Why").fill("to see what happens")
    dialog.get_by_role("button", name="Promote").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Version 3 is not let through")
    assert violations(page) == []
    dialog.get_by_label("All the same").check()
    dialog.get_by_role("button", name="Promote").click()
    expect(page.get_by_role("status").first).to_have_text("Version 3 serves")
    expect(page.get_by_role("list", name="Changes")).to_contain_text("by force, although its accuracy is 50.0%")


def test_what_is_compared_for_drift_can_be_chosen(page: Page, url: str) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(f"{url}/models/cells")
    expect(card(page, 1)).to_be_visible()
    drift = page.get_by_role("region", name="Drift")
    expect(drift).to_have_count(0)
    change(page, card(page, 1).get_by_role("button", name="Promote"), "Promote")
    expect(drift.get_by_text("Nothing can be said of the images of the last days yet.")).to_be_visible()
    expect(drift.get_by_text("the bundle of cells:1 says nothing of its training")).to_be_visible()
    drift.get_by_label("The last 7 days, compared with").select_option("the 28 days before")
    expect(drift.get_by_text("Embeddings", exact=True)).to_be_visible()
    expect(drift.get_by_text("these days have 0 images with labels, and 50 are needed: take more days")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_the_pages(page: Page, url: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{url}/models")
    expect(page.get_by_role("link", name="cells")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="cells").click()
    expect(card(page, 3)).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_registry_the_page_says_so(page: Page, stack: Stack, tmp_path: Path, complaints: Complaints) -> None:
    complaints.expected.append("501")
    with guarded(stack, tmp_path / "log", LOUPE_MODEL_CONTAINER=None) as url:
        page.goto(f"{url}/models")
        expect(page.get_by_role("heading", name="There is no registry of models here")).to_be_visible()


def test_a_model_that_there_is_not(page: Page, url: str, complaints: Complaints) -> None:
    complaints.expected.append("404")
    page.goto(f"{url}/models/boards")
    page.get_by_role("link", name="Show all models").click()
    expect(page.get_by_role("link", name="cells")).to_be_visible()
