"""The client and the application, over a real connection."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest
import uvicorn

from loupe_client import Invalid, Loupe, NotAllowed, NotFound, Refused, Replaced, StrangeAnswer, Unreachable, addresses
from loupe_query.access.guard import Access
from loupe_query.access.keys import hash_key, new_key
from loupe_query.access.settings import AccessSettings
from loupe_query.app import Archive, create_app
from loupe_query.similar.embedder import Embedder
from loupe_shared.adapters.memory import MemoryStore
from loupe_shared.adapters.web import Ending
from loupe_shared.domain import Outcome, now
from loupe_shared.errors import StoreUnavailable
from loupe_shared.listing import Order, Page, Position, ResultFilter, Sort
from tests.apps import archive
from tests.factories import BUNDLE, CONTAINER, NOON, SAMPLES, deletion, rejection, result
from tests.waiting import wait_for


@contextmanager
def serving(over: Archive, port: int, ending: Ending | None = None, **settings: object) -> Iterator[str]:
    """The API in a thread of its own; its address."""
    ending = ending or Ending()
    app = create_app(over, Access(AccessSettings.model_validate({"requests_per_second": 1e6} | settings)), ending)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started, "the server")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        ending.begin()
        server.should_exit = True
        thread.join()


@pytest.fixture
def store() -> MemoryStore:
    """A store with some images."""
    store = MemoryStore()
    store.write([result(f"{n}.jpg", completed_at=NOON + timedelta(seconds=n)) for n in range(8)])
    store.write([result("dog.jpg", "dog", score=0.9), rejection("bad.jpg"), deletion("gone.jpg")])
    return store


@pytest.fixture
def loupe(store: MemoryStore, unused_port: int) -> Iterator[Loupe]:
    """A client of an API that is open."""
    over = archive(store, embedder=Embedder(BUNDLE, 1_000_000))
    with serving(over, unused_port) as url, Loupe(url) as loupe:
        yield loupe


def test_one_image_and_one_that_is_not_known(loupe: Loupe) -> None:
    image = loupe.image(CONTAINER, "dog.jpg")
    assert (image.image, image.label, image.score) == (result("dog.jpg").image, "dog", 0.9)
    for ask in (loupe.history, loupe.similar, loupe.thumbnail):
        with pytest.raises(NotFound):
            ask(CONTAINER, "nowhere.jpg")
    with pytest.raises(NotFound, match="only pictures in the container images have links"):
        loupe.content("elsewhere", "1.jpg")
    with pytest.raises(NotFound, match=r"^404: no outcome of images/nowhere.jpg is known \(yet\)$") as refused:
        loupe.image(CONTAINER, "nowhere.jpg")
    error = refused.value
    assert (error.title, error.status) == ("The request cannot be answered", 404)
    assert error.detail == "no outcome of images/nowhere.jpg is known (yet)"


def test_lists(loupe: Loupe) -> None:
    def blobs(**wanted: object) -> list[str]:
        return [one.image.blob for one in loupe.images(**wanted)]  # type: ignore[arg-type]  # the API checks it

    assert len(blobs()) == 11
    assert blobs(label="dog") == blobs(min_score=0.6, reviewed=False, label=None) == ["dog.jpg"]
    assert blobs(outcome=Outcome.REJECTED) == blobs(outcome="rejected") == blobs(reason="corrupt") == ["bad.jpg"]
    assert blobs(prefix="7", container=CONTAINER, model="test:1", max_uncertainty=0.6) == ["7.jpg"]
    assert blobs(since=NOON + timedelta(seconds=6)) == ["7.jpg", "6.jpg"]
    assert blobs(sort=Sort.SCORE, order="descending")[0] == blobs(sort="score")[0] == "dog.jpg"
    assert blobs(reviewed=True) == []
    page = loupe.page(limit=2, until=NOON + timedelta(seconds=7))
    assert [one.image.blob for one in page.images] == ["6.jpg", "5.jpg"]
    assert [one.image.blob for one in loupe.page(limit=1, cursor=page.next).images] == ["4.jpg"]


class ScantStore(MemoryStore):
    """A store that looks at one image at a time, and shows every second one."""

    def page(self, wanted: ResultFilter, order: Order, limit: int, after: Position | None = None) -> Page:
        """A short page, or an empty one."""
        page = super().page(wanted, order, min(limit, 1), after)
        is_shown = after is not None and int(after.value) % 2_000_000 == 0
        return Page(page.documents if is_shown else (), page.next)


def test_short_and_empty_pages_are_not_the_end(unused_port: int) -> None:
    store = ScantStore()
    store.write([result(f"{n}.jpg", completed_at=NOON + timedelta(seconds=n)) for n in range(9)])
    with serving(archive(store), unused_port) as url, Loupe(url) as loupe:
        assert [one.image.blob for one in loupe.images()] == ["7.jpg", "5.jpg", "3.jpg", "1.jpg"]


def test_many_by_name(loupe: Loupe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "CHUNK", 2)
    answer = loupe.find((CONTAINER, blob) for blob in ("7.jpg", "none", "bad.jpg", "7.jpg", "never"))
    assert [one.image.blob for one in answer.images] == ["7.jpg", "bad.jpg", "7.jpg"]
    assert [(name.container, name.blob) for name in answer.missing] == [(CONTAINER, "none"), (CONTAINER, "never")]
    assert (loupe.find([]).images, loupe.find([]).missing) == ((), ())


def test_history(loupe: Loupe, store: MemoryStore) -> None:
    assert loupe.history(CONTAINER, "1.jpg") == ()
    store.write([result("1.jpg", "lynx", model_version=2)])
    assert [one.label for one in loupe.history(CONTAINER, "1.jpg")] == ["cat"]


def test_counting(loupe: Loupe) -> None:
    counts = loupe.counts(container=CONTAINER)
    assert counts.outcomes == {Outcome.CLASSIFIED: 9, Outcome.REJECTED: 1, Outcome.DELETED: 1}
    assert loupe.counts(model="none:1").labels == {}
    statistics = loupe.statistics(since=NOON.date(), until=NOON.date() + timedelta(days=1), top=1)
    assert (statistics.labels, len(statistics.days), sum(statistics.scores)) == ({"cat": 8}, 1, 9)
    throughput = loupe.throughput(since=NOON.date())
    assert [(slot.at, slot.images) for slot in throughput.slots] == [(NOON, 11)]


def test_reviews(loupe: Loupe) -> None:
    reviewed = loupe.review(CONTAINER, "1.jpg", "lynx", etag="0x1")
    assert reviewed.review
    assert (reviewed.review.label, reviewed.review.reviewer) == ("lynx", "anonymous")
    assert loupe.image(CONTAINER, "1.jpg") == reviewed
    assert loupe.take_back_review(CONTAINER, "1.jpg", etag="0x1").review is None
    with pytest.raises(Replaced, match="look at it again"):
        loupe.review(CONTAINER, "1.jpg", "lynx", etag="0x0")
    with pytest.raises(Replaced):
        loupe.take_back_review(CONTAINER, "1.jpg", etag="0x0")
    assert loupe.review(CONTAINER, "1.jpg", "cat").review


def test_the_queue_of_images_to_review(loupe: Loupe, unused_port: int) -> None:
    first = loupe.review_queue(limit=2)
    assert [one.image.label for one in first.images] == ["cat", "cat"]
    assert first.claimed_until > now()
    with Loupe(f"http://127.0.0.1:{unused_port}") as other:
        given = other.review_queue(limit=50, label="cat", model="test:1").images
        assert len(given) == 6
        assert not {one.image.image.blob for one in given} & {one.image.image.blob for one in first.images}
        assert other.release((CONTAINER, f"{n}.jpg") for n in range(8)).released == 6
        assert other.release([]).released == 0
    assert loupe.review_queue(limit=2).images == first.images
    passed = [(CONTAINER, one.image.image.blob) for one in first.images]
    assert len(loupe.review_queue(limit=50, passed=passed, prefix=None).images) == 7


def test_pictures_are_taken_as_bytes_and_as_files(loupe: Loupe) -> None:
    path = SAMPLES / "flower.jpg"
    for picture in (path, str(path), path.read_bytes()):
        answer = loupe.similar_to_picture(picture, limit=3)
        assert (answer.space, answer.images) == ("efficientnet-lite0:1", ())
    with pytest.raises(Invalid, match="not_an_image"):
        loupe.similar_to_picture(b"no picture")


def test_requests_that_make_no_sense(loupe: Loupe) -> None:
    with pytest.raises(Invalid, match=r"query\.min_score"):
        loupe.page(min_score=2)
    with pytest.raises(Invalid, match=r"query\.since: .*timezone"):
        list(loupe.images(since=datetime(2026, 11, 22)))  # noqa: DTZ001
    with pytest.raises(Invalid, match="cursor"):
        loupe.page(cursor="hello")
    with pytest.raises(Invalid, match=r"body\.blobs"):
        loupe.upload_links([])


def test_who_calls(store: MemoryStore, unused_port: int, tmp_path: Path) -> None:
    key, tokens = new_key(), iter([new_key(), "none"])
    (tmp_path / "keys.json").write_text(json.dumps([{"name": "a", "sha256": hash_key(key), "scopes": ["read"]}]))
    with serving(archive(store), unused_port, api_keys_file=tmp_path / "keys.json") as url:
        with Loupe(url, api_key=key) as loupe:
            assert loupe.image(CONTAINER, "1.jpg")
            with pytest.raises(NotAllowed, match="403: a lacks the scope review"):
                loupe.review(CONTAINER, "1.jpg", "lynx")
        with Loupe(url) as loupe:
            assert loupe.is_ready()
            with pytest.raises(NotAllowed, match="401: an API key or a bearer token is needed"):
                loupe.counts()
        with Loupe(url, token=lambda: next(tokens, key)) as loupe:
            for _ in range(2):
                with pytest.raises(NotAllowed, match="401"):
                    loupe.counts()
            assert loupe.counts()
    with pytest.raises(ValueError, match="either"):
        Loupe(url, api_key=key, token=lambda: key)


class AwayStore(MemoryStore):
    """A store that does not answer."""

    def check(self) -> None:
        """Fail."""
        raise StoreUnavailable("the store is away")


def test_a_service_that_is_not_ready_or_not_there(unused_port: int) -> None:
    with serving(archive(AwayStore()), unused_port) as url, Loupe(url) as loupe:
        assert not loupe.is_ready()
        assert not loupe.contact().is_ready
    with Loupe(url) as loupe:
        assert not loupe.is_ready()
        for ask in (loupe.contact, loupe.version):
            with pytest.raises(Unreachable):
                ask()
        with pytest.raises(Unreachable, match="refused") as unreachable:
            loupe.counts()
        assert isinstance(unreachable.value.__cause__, httpx2.ConnectError)
    with Loupe("localhost:8080") as loupe, pytest.raises(Unreachable, match="protocol"):
        loupe.counts()


@pytest.mark.parametrize("host", ["loupe..example.org", "a" * 64 + ".org"])
def test_a_host_that_has_no_name(host: str) -> None:
    with Loupe(f"http://{host}") as loupe:
        for ask in (loupe.contact, loupe.counts):
            with pytest.raises(Unreachable, match=f"{host} is no name of a host"):
                ask()


def test_an_address_that_is_none() -> None:
    with pytest.raises(Unreachable, match="is no address"):
        Loupe("http://[::1")


def test_the_api_itself(loupe: Loupe) -> None:
    contact = loupe.contact()
    assert contact.is_ready
    assert contact.at
    assert abs(contact.at - now()) < timedelta(seconds=5)
    assert loupe.version() == version("loupe-query")


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_an_api_that_does_not_say_what_it_is(text: str) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, text=text, headers={"Date": "today"}))
    with Loupe("http://x", transport=transport) as loupe:
        assert loupe.contact().at is None
        with pytest.raises(StrangeAnswer, match="no description"):
            loupe.version()


@pytest.mark.parametrize(
    ("response", "error", "says"),
    [
        (httpx2.Response(200, html="<h1>A captive portal</h1>"), StrangeAnswer, "no Counts that this version"),
        (httpx2.Response(301, headers={"Location": "https://x"}), Refused, "301: Moved Permanently"),
        (httpx2.Response(500, text="oh"), Refused, "500: Internal Server Error"),
        (httpx2.Response(404, json={"title": "T"}), NotFound, "404: Not Found"),
    ],
)
def test_answers_of_others(response: httpx2.Response, error: type[Exception], says: str) -> None:
    transport = httpx2.MockTransport(lambda _: response)
    with Loupe("http://x", transport=transport) as loupe, pytest.raises(error, match=says):
        loupe.counts()


def test_the_client_is_light() -> None:
    code = "import sys, loupe_client; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"azure", "celery", "fastapi", "kombu", "numpy", "pydantic_settings", "redis", "starlette", "uvicorn"}
    assert not heavy & set(done.stdout.split())
