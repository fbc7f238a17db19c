"""Dead letters: finding them, reading them, and having them handled again or removed."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from loupe_client import Loupe
from loupe_local.stack import Stack
from loupe_shared.adapters.broker import make_celery
from loupe_shared.domain import now
from loupe_shared.messages import StoreBatch
from loupe_shared.settings import QueueSettings
from tests.e2e.browser.axe import violations
from tests.e2e.browser.conftest import Complaints
from tests.e2e.conftest import Outcome
from tests.factories import result

PAGE = "/dead-letters"
MALFORMED = '{"version":1,"results":[]}'
MANY = 230  # more than are asked for at once
NARROW = {"width": 390, "height": 800}

SetAside = Callable[..., None]


@pytest.fixture(autouse=True)
def _only_ones_own_letters(stack: Stack) -> Iterator[None]:
    """No test finds what another has left."""
    with Loupe(stack.api) as loupe:
        while loupe.dismiss_matching().more:
            pass
        yield
        while loupe.dismiss_matching().more:
            pass


@pytest.fixture
def set_aside(stack: Stack) -> Iterator[SetAside]:
    """Sets a message aside, as a worker would."""
    with make_celery(QueueSettings(broker_url=stack.valkey.url)) as app:

        def send(reason: str, message: str = MALFORMED, source: str = "store") -> None:
            letter = {"message": message, "reason": reason, "at": now().isoformat()}
            app.send_task("loupe.dead-letter", kwargs=letter, queue=f"{source}-dead")

        yield send


def _letters(page: Page) -> Locator:
    return page.get_by_role("region", name="Dead letters").get_by_role("listitem")


def _confirm(page: Page, action: str) -> None:
    page.get_by_role("alertdialog").get_by_role("button", name=action).click()


def test_no_dead_letters(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Dead letters").click()
    expect(page.get_by_role("heading", name="There are no dead letters")).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_be_disabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_is_read_and_dismissed(page: Page, set_aside: SetAside, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    set_aside("malformed: no results")
    set_aside("DiskFull: no space left", StoreBatch(results=(result("letters/a.jpg", "cat"),)).to_json())
    page.goto(PAGE)
    expect(_letters(page)).to_have_count(2)
    assert violations(page) == []
    page.get_by_role("link", name="malformed: no results").click()
    expect(page.get_by_role("group", name="Message")).to_contain_text('"results": []')
    expect(page.get_by_text(re.compile("It cannot be replayed: it is malformed"))).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_be_disabled()
    assert violations(page) == []

    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alertdialog", name="Dismiss this dead letter?")).to_contain_text("nothing can undo")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dismiss")).to_be_focused()
    page.keyboard.press("Enter")
    _confirm(page, "Dismiss")
    expect(page.get_by_text("1 dead letter is gone.")).to_be_visible()
    expect(_letters(page)).to_have_count(1)
    expect(_letters(page)).to_contain_text("DiskFull")


def test_one_whose_reason_is_mended_is_replayed(page: Page, set_aside: SetAside, outcome: Outcome) -> None:
    set_aside("DiskFull: no space left", StoreBatch(results=(result("letters/one.jpg", "cat"),)).to_json())
    page.goto(PAGE)
    page.get_by_role("link", name="DiskFull").click()
    expect(page.get_by_role("link", name="images/letters/one.jpg")).to_have_attribute(
        "href", "/image?container=images&blob=letters%2Fone.jpg"
    )
    page.get_by_role("button", name="Replay").click()
    _confirm(page, "Replay")
    expect(page.get_by_text("1 dead letter is in the queues again.")).to_be_visible()
    assert outcome("letters/one.jpg").label == "cat"
    expect(page).to_have_url(PAGE)


def test_several_are_chosen_with_keys(page: Page, set_aside: SetAside, outcome: Outcome) -> None:
    set_aside("DiskFull: no space left", StoreBatch(results=(result("letters/two.jpg", "dog"),)).to_json())
    for reason in ("malformed: no results", "malformed: never mind"):
        set_aside(reason)
    page.goto(PAGE)
    for reason in ("DiskFull: no space left", "malformed: no results"):
        page.get_by_role("checkbox", name=reason).focus()
        page.keyboard.press("Space")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("button", name="Replay chosen").click()
    _confirm(page, "Replay")
    expect(
        page.get_by_text("1 dead letter is in the queues again. 1 cannot be replayed: it is malformed")
    ).to_be_visible()
    expect(_letters(page)).to_have_count(2)
    expect(page.get_by_text("1 chosen")).to_be_visible()
    assert outcome("letters/two.jpg").label == "dog"


def test_all_that_match_are_dismissed(page: Page, set_aside: SetAside) -> None:
    set_aside("malformed: no results")
    set_aside("malformed: no images", '{"version":1,"images":[]}', "classify")
    set_aside("DiskFull: no space left")
    page.goto(PAGE)
    page.get_by_label("Source").select_option("store")
    page.get_by_label("Reason contains").fill("MALFORMED")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{PAGE}?source=store&reason=MALFORMED")
    expect(_letters(page)).to_have_count(1)
    page.get_by_role("button", name="Dismiss all that match").click()
    question = "Dismiss all dead letters of store whose reason has “MALFORMED”?"
    expect(page.get_by_role("alertdialog", name=question)).to_be_visible()
    _confirm(page, "Dismiss")
    expect(page.get_by_text("1 dead letter is gone.")).to_be_visible()
    page.get_by_role("button", name="Show all dead letters").click()
    expect(_letters(page)).to_have_count(2)


def test_many_are_read_to_the_end(page: Page, set_aside: SetAside) -> None:
    for number in range(MANY):
        set_aside(f"number {number}")
    page.goto(PAGE)
    expect(page.get_by_role("link", name=f"number {MANY - 1}", exact=False)).to_be_visible()
    assert _letters(page).count() < MANY / 2
    last = page.get_by_role("link", name=re.compile(r"^number 0\b"))
    page.get_by_role("region", name="Dead letters").focus()
    while not last.is_visible():
        page.keyboard.press("End")
        _letters(page).last.wait_for()
    expect(_letters(page).last).to_have_attribute("aria-setsize", str(MANY))


def test_a_letter_that_is_gone(page: Page, complaints: Complaints) -> None:
    complaints.expected.append("404")
    page.goto(f"{PAGE}/{'0' * 32}")
    expect(page.get_by_role("heading", name="There is no such dead letter any more")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(PAGE)


def test_dead_letters_fit_a_phone(page: Page, set_aside: SetAside) -> None:
    set_aside("a" * 300, f'{{"version":1,"results":["{"b" * 2000}"]}}')
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(PAGE)
    expect(_letters(page)).to_have_count(1)
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
    _letters(page).get_by_role("link").click()
    expect(page.get_by_role("group", name="Message")).to_be_visible()
    assert page.locator("main").evaluate("main => main.scrollWidth <= main.clientWidth")
