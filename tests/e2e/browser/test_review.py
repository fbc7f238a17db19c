"""The queue of images to review: one key each, undone again, and by several people at once."""

import io
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx2
import pytest
from azure.storage.blob import ContainerClient
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from loupe_local.azurite import CONTAINER
from loupe_local.stack import Stack
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import SAMPLES
from tests.waiting import wait_for

PHOTOS = ("rocket.jpg", "flower.jpg", "china.jpg", "chelsea.png")
PHONE = {"width": 390, "height": 844}

Drop = Callable[[str, int], list[str]]


def _picture(number: int) -> bytes:
    """A part of a photo, different for each number."""
    photo = Image.open(SAMPLES / PHOTOS[number % len(PHOTOS)]).convert("RGB")
    inset = 8 * (number // len(PHOTOS) + 1)
    content = io.BytesIO()
    photo.crop((inset, inset, photo.width - inset, photo.height - inset)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def drop(container: ContainerClient, outcome: Outcome) -> Drop:
    """Uploads some pictures into a folder, and waits until they are classified."""

    def upload(folder: str, pictures: int) -> list[str]:
        blobs = [f"{folder}{number}.png" for number in range(pictures)]
        for number, blob in enumerate(blobs):
            container.upload_blob(blob, _picture(number))
        for blob in blobs:
            outcome(blob)
        return blobs

    return upload


@pytest.fixture
def colleague(browser: Browser, stack: Stack, complaints: Complaints) -> Iterator[Page]:
    """The page of another person, who sits at another machine."""
    context = browser.new_context(base_url=stack.api, locale="en-GB")
    context.on("console", complaints.heard)
    yield context.new_page()
    context.close()


def _name(page: Page) -> Locator:
    """What the image that is looked at is called."""
    return page.get_by_role("region", name="Image to review").get_by_role("heading")


def _shown(page: Page) -> str:
    expect(_name(page)).to_be_visible()
    return _name(page).inner_text()


def _press(page: Page, key: str) -> str:
    """Do something with the image that is looked at, and wait until another one is. Returns which it was."""
    name = _shown(page)
    page.keyboard.press(key)
    expect(_name(page).get_by_text(name, exact=True)).to_have_count(0)
    return name


def _done(page: Page) -> Locator:
    return page.get_by_text("Everything is reviewed", exact=True)


def _review(api: httpx2.Client, blob: str) -> str | None:
    """What is stored of a blob: what somebody said that it shows."""
    result = api.get(f"/v1/images/{CONTAINER}/{quote(blob)}").raise_for_status().json()
    return result["review"] and str(result["review"]["label"])


def _label(api: httpx2.Client, blob: str, place: int) -> str:
    result = api.get(f"/v1/images/{CONTAINER}/{quote(blob)}").raise_for_status().json()
    return str(result["predictions"][place]["label"])


def _wait_for_review(api: httpx2.Client, blob: str, label: str | None) -> None:
    wait_for(lambda: _review(api, blob) == label, f"{label} as the review of {blob}")


def _refuse(route: Route) -> None:
    """As the API does if the picture was replaced."""
    if route.request.method != "PUT":
        route.fallback()
        return
    problem = {"title": "Conflict", "status": 409, "detail": "it has another version by now: look at it again"}
    route.fulfill(status=409, json=problem, content_type="application/problem+json")


def test_one_key_each_and_undo(page: Page, api: httpx2.Client, drop: Drop) -> None:
    drop("keys/", 5)
    page.goto("/review?prefix=keys/")

    confirmed = _press(page, "Enter")
    _wait_for_review(api, f"keys/{confirmed}", _label(api, f"keys/{confirmed}", 0))
    corrected = _press(page, "3")
    _wait_for_review(api, f"keys/{corrected}", _label(api, f"keys/{corrected}", 2))

    named = _shown(page)
    page.keyboard.press("l")
    field = page.get_by_role("combobox", name="Another label")
    expect(field).to_be_focused()
    field.fill("a thing of its own")
    field.press("Enter")
    expect(_name(page)).not_to_have_text(named)
    _wait_for_review(api, f"keys/{named}", "a thing of its own")
    expect(page.get_by_text("3 reviewed in this sitting")).to_be_visible()

    skipped = _press(page, "s")
    for name in (skipped, named, corrected):
        page.keyboard.press("u")
        expect(_name(page)).to_have_text(name)
    _wait_for_review(api, f"keys/{named}", None)
    _wait_for_review(api, f"keys/{corrected}", None)
    assert _review(api, f"keys/{confirmed}") is not None
    expect(page.get_by_text("1 reviewed in this sitting")).to_be_visible()


def test_the_last_image_and_looking_again(page: Page, drop: Drop) -> None:
    drop("last/", 2)
    page.goto("/review?prefix=last/")
    skipped = _press(page, "s")
    _shown(page)
    page.keyboard.press("c")
    expect(_done(page)).to_be_visible()
    expect(page.get_by_text("You have skipped 1.")).to_be_visible()
    page.get_by_role("button", name="Look again").click()
    expect(_name(page)).to_have_text(skipped)


def test_an_option_of_the_field_is_said_once(page: Page, api: httpx2.Client, drop: Drop) -> None:
    drop("option/", 2)
    page.goto("/review?prefix=option/")
    named = _shown(page)
    page.keyboard.press("/")
    label = _label(api, f"option/{named}", 0)
    page.get_by_role("combobox", name="Another label").fill(label[:-1])
    expect(page.get_by_role("option").first).to_contain_text(label)
    said = []
    page.on("request", lambda request: said.append(request.post_data_json) if request.method == "PUT" else None)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(_name(page)).not_to_have_text(named)
    _wait_for_review(api, f"option/{named}", label)
    other = _press(page, "Enter")
    _wait_for_review(api, f"option/{other}", _label(api, f"option/{other}", 0))
    assert [one["label"] for one in said] == [label, _label(api, f"option/{other}", 0)]


def test_what_is_typed_is_not_said_by_leaving_the_field(page: Page, api: httpx2.Client, drop: Drop) -> None:
    drop("typed/", 2)
    page.goto("/review?prefix=typed/")
    typed = _shown(page)
    page.keyboard.press("l")
    page.keyboard.type("only a beginn")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Another label")).to_have_count(0)
    assert _press(page, "s") == typed
    assert _review(api, f"typed/{typed}") is None


def test_buttons_for_everything(page: Page, api: httpx2.Client, drop: Drop) -> None:
    drop("buttons/", 3)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/review?prefix=buttons/")
    first = _shown(page)
    page.get_by_role("button", name="Skip").click()
    expect(_name(page)).not_to_have_text(first)
    page.get_by_role("button", name="Undo").click()
    expect(_name(page)).to_have_text(first)
    page.get_by_role("button", name=re.compile("^Correct to")).nth(1).click()
    expect(_name(page)).not_to_have_text(first)
    _wait_for_review(api, f"buttons/{first}", _label(api, f"buttons/{first}", 2))
    width = page.evaluate("() => document.querySelector('main').scrollWidth")
    assert width <= PHONE["width"]


def test_the_heatmap_is_switched_for_all_images(page: Page, drop: Drop) -> None:
    drop("heatmap/", 2)
    page.goto("/review?prefix=heatmap/")
    slider = page.get_by_role("slider", name="What the model looked at")
    expect(slider).to_have_value("0.5")
    page.keyboard.press("h")
    expect(slider).to_have_value("0")
    _press(page, "s")
    expect(slider).to_have_value("0")
    page.get_by_role("button", name="Heatmap").click()
    expect(slider).to_have_value("0.5")


def test_the_next_picture_is_there_already(page: Page, drop: Drop) -> None:
    drop("ahead/", 3)
    page.goto("/review?prefix=ahead/")
    _shown(page)
    ahead = page.locator("[hidden] img")
    expect(ahead).to_have_count(2)
    expect(ahead.first).to_have_js_property("complete", value=True)
    address = ahead.first.get_attribute("src")
    _press(page, "s")
    picture = page.get_by_role("region", name="Image to review").get_by_role("img")
    expect(picture).to_have_attribute("src", str(address))
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 0


def test_two_people_never_see_the_same_image(page: Page, colleague: Page, api: httpx2.Client, drop: Drop) -> None:
    blobs = drop("team/", 10)
    seen: dict[Page, list[str]] = {page: [], colleague: []}
    for person in seen:
        person.goto("/review?prefix=team/")
        _shown(person)
    left = set(seen)
    while left:
        for person in list(left):
            name = _shown(person)
            seen[person].append(name)
            person.keyboard.press("Enter")
            expect(_done(person).or_(_name(person).filter(has_not_text=name))).to_be_visible()
            if _done(person).is_visible():
                left.remove(person)
    assert sorted(seen[page] + seen[colleague]) == sorted(blob.removeprefix("team/") for blob in blobs)
    assert all(seen.values())
    for blob in blobs:
        _wait_for_review(api, blob, _label(api, blob, 0))


@pytest.mark.parametrize("way", ["a page of Loupe", "another site"])
def test_who_leaves_gives_the_images_back(page: Page, colleague: Page, drop: Drop, way: str) -> None:
    folder = f"leaving-{len(way)}/"
    drop(folder, 3)
    page.goto(f"/review?prefix={folder}")
    reviewed = _press(page, "Enter")
    _press(page, "s")
    colleague.goto(f"/review?prefix={folder}")
    expect(_done(colleague)).to_be_visible()  # all are with the other person
    if way == "another site":
        page.goto("about:blank")
    else:
        page.get_by_role("navigation").get_by_role("link", name="Archive").click()

    def is_given() -> bool:
        colleague.reload()
        expect(_done(colleague).or_(_name(colleague))).to_be_visible()
        return _name(colleague).is_visible()

    wait_for(is_given, "the images that were given back")
    seen = {_press(colleague, "s"), _shown(colleague)}
    assert seen == {"0.png", "1.png", "2.png"} - {reviewed}


def test_what_is_reviewed_elsewhere_leaves_the_queue(page: Page, api: httpx2.Client, drop: Drop) -> None:
    drop("elsewhere/", 3)
    with page.expect_response("**/v1/stream?*"):
        page.goto("/review?prefix=elsewhere/")
    current = _shown(page)
    api.put(f"/v1/reviews/{CONTAINER}/elsewhere/{current}", json={"label": "cup"}).raise_for_status()
    expect(_name(page)).not_to_have_text(current)
    expect(page.get_by_text(f"Somebody else has just reviewed {current}.")).to_be_visible()
    assert {_press(page, "s"), _press(page, "s")} == {"0.png", "1.png", "2.png"} - {current}
    expect(_done(page)).to_be_visible()


def test_a_refused_review_is_said_and_the_image_comes_back(
    page: Page, api: httpx2.Client, drop: Drop, complaints: Complaints
) -> None:
    complaints.expected.append("409")
    drop("refused/", 3)
    page.goto("/review?prefix=refused/")
    page.route("**/v1/reviews/**", _refuse)
    refused = _press(page, "Enter")
    expect(page.get_by_text(f"{refused} is not reviewed. It has another version by now")).to_be_visible()
    page.unroute("**/v1/reviews/**")
    expect(page.get_by_text("0 reviewed in this sitting")).to_be_visible()
    _press(page, "s")
    expect(_name(page)).to_have_text(refused)
    assert _review(api, f"refused/{refused}") is None


def test_a_replaced_picture_comes_back_as_it_is_now(
    page: Page, api: httpx2.Client, container: ContainerClient, outcome: Outcome, drop: Drop, complaints: Complaints
) -> None:
    complaints.expected.append("409")
    drop("replaced/", 2)
    page.goto("/review?prefix=replaced/")
    replaced = _shown(page)
    blob = container.upload_blob(f"replaced/{replaced}", _picture(7), overwrite=True)
    etag = str(blob.get_blob_properties().etag).strip('"')
    outcome(f"replaced/{replaced}", etag)
    assert _press(page, "Enter") == replaced
    expect(page.get_by_text(f"{replaced} is not reviewed.")).to_be_visible()
    _press(page, "s")
    expect(_name(page)).to_have_text(replaced)
    page.keyboard.press("Enter")
    _wait_for_review(api, f"replaced/{replaced}", _label(api, f"replaced/{replaced}", 0))


def test_new_images_appear_in_an_empty_queue(page: Page, drop: Drop) -> None:
    page.clock.install()
    page.goto("/review?prefix=later/")
    expect(_done(page)).to_be_visible()
    drop("later/", 1)
    page.clock.fast_forward("00:20")
    expect(_name(page)).to_have_text("0.png")


def test_the_filter_is_in_the_address(page: Page, drop: Drop) -> None:
    drop("filter-a/", 1)
    drop("filter-b/", 2)
    page.goto("/review?prefix=filter-a/")
    assert _shown(page) == "0.png"
    prefix = page.get_by_role("textbox", name="Name begins with")
    prefix.fill("filter-b/1")
    prefix.press("Enter")
    expect(_name(page)).to_have_text("1.png")
    expect(page).to_have_url(re.compile(r"prefix=filter-b%2F1$"))
    page.go_back()
    expect(_name(page)).to_have_text("0.png")


def test_keys_are_explained(page: Page, drop: Drop) -> None:
    drop("help/", 2)
    page.goto("/review?prefix=help/")
    name = _shown(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("Undo the last step")).to_be_visible()
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(_name(page)).to_have_text(name)


def test_who_may_not_review_is_told(page: Page) -> None:
    page.route("**/v1/me", lambda route: route.fulfill(json={"name": "Ada", "scopes": ["read"]}))
    page.goto("/review")
    expect(page.get_by_role("heading", name="You may look at images, but not review them")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(page: Page, drop: Drop, scheme: str) -> None:
    drop(f"axe-{scheme}/", 2)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"/review?prefix=axe-{scheme}/")
    name = _shown(page)
    expect(page.get_by_role("status").filter(has_text=f"{name}: ")).to_have_count(1)
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
