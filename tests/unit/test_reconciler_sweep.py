"""Sweeping a whole container: pages, prefixes, interruptions, and giving way."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from loupe_reconciler.counts import Counts
from loupe_reconciler.memory import MemoryProgress
from loupe_reconciler.mender import Mender
from loupe_reconciler.merge import Names
from loupe_reconciler.pace import Pace, Stopped
from loupe_reconciler.ports import Place
from loupe_reconciler.sweep import Sweep
from loupe_reconciler.sweeper import sweep_repeatedly
from loupe_shared.adapters.memory import MemoryOutstanding, MemoryStore
from loupe_shared.adapters.memory_listing import MemoryListing
from loupe_shared.container import Listed, ListedPage, MarkerRefused
from loupe_shared.dispatch import Dispatch
from loupe_shared.errors import BrokerUnavailable, ConfigurationError, StorageUnavailable, StoreUnavailable
from loupe_shared.heartbeat import Heartbeat
from loupe_shared.listing import Known
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.telemetry.metrics import SWEEP_IMAGES, SWEEPS
from tests.factories import ACCOUNT, CONTAINER, result
from tests.fakes import FakeQueues, FragilePublisher
from tests.metering import Growth


class World:
    """Ten blobs in pages of two, of which the archive knows every second, and others that are gone."""

    def __init__(self, *prefixes: str, group: int = 3) -> None:
        self.store, self.listing, self.progress = MemoryStore(), MemoryListing(page_size=2), MemoryProgress()
        self.publisher, self.queues, self.stopped = FragilePublisher(), FakeQueues(), threading.Event()
        self.pace = Pace(self.queues, self.stopped)
        for name in "abcdefghij":
            self.listing.blobs[name] = Listed(name, "0x1", "Sun, 22 Nov 2026 12:00:00 GMT", 1, "image/jpeg")
        self.store.write([result(name) for name in ["a", "c", "e", "g", "i", "ee", "z"]])
        self.asked: list[tuple[str, str]] = []
        page = self.listing.page
        self.page: Callable[[str, str], Future[ListedPage]] = page
        self.listing.page = self._page  # type: ignore[method-assign]
        dispatch = Dispatch(self.publisher, MemoryOutstanding(), 32)
        mender = Mender(
            self.store, self.listing, MemoryOutstanding(), dispatch, self.pace, (ACCOUNT, CONTAINER), grace_s=0
        )
        names = partial(Names, self.store, CONTAINER)
        self.sweep = Sweep(self.listing, names, mender, self.progress, self.pace, prefixes or ("",), group)

    def _page(self, prefix: str, marker: str) -> Future[ListedPage]:
        self.asked.append((prefix, marker))
        return self.page(prefix, marker)

    def published(self) -> list[str]:
        """The names of all images and results that were published, in order."""
        messages = [one for one in self.publisher.messages if isinstance(one, ClassifyJob | StoreBatch)]
        return sorted(
            one
            for message in messages
            for one in (
                [image.blob for image in message.images]
                if isinstance(message, ClassifyJob)
                else [f"-{result.image.blob}" for result in message.results]
            )
        )


def fail_at(world: World, marker: str, error: Exception) -> None:
    """Let one page of the listing fail, once."""
    page = world.page

    def failing(prefix: str, asked: str) -> Future[ListedPage]:
        if asked != marker:
            return page(prefix, asked)
        world.page = page
        future = Future[ListedPage]()
        future.set_exception(error)
        return future

    world.page = failing


EVERYTHING = ["-ee", "-z", "b", "d", "f", "h", "j"]


def test_a_sweep_finds_everything_and_counts_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world, images, sweeps = World(), Growth(SWEEP_IMAGES), Growth(SWEEPS)
    assert world.sweep.run() == Counts(listed=10, known=7, mended=5, deleted=2, left=0)
    assert world.published() == EVERYTHING
    assert world.progress.load() == {}
    assert "10 listed, 7 known, 5 to be classified anew, 2 deleted, 0 left to live traffic" in caplog.text
    findings = {finding: images(finding) for finding in ("listed", "known", "mended", "deleted", "left")}
    assert findings == {"listed": 10, "known": 7, "mended": 5, "deleted": 2, "left": 0}
    assert sweeps("completed") == 1


def test_prefixes_are_swept_by_themselves() -> None:
    world = World("b", "e", "nothing", "b")
    assert world.sweep.run() == Counts(listed=2, known=2, mended=1, deleted=1)
    assert world.published() == ["-ee", "b"]


def test_an_interrupted_sweep_goes_on_where_it_was() -> None:
    world = World()
    fail_at(world, "f", StorageUnavailable("down"))
    with pytest.raises(StorageUnavailable):
        world.sweep.run()
    assert world.progress.load() == {"": Place("f", "ee")}
    assert world.published() == ["-ee", "b", "d", "f"]
    world.asked.clear()
    world.sweep.run()
    assert world.asked[0] == ("", "f")
    assert world.published() == EVERYTHING
    assert world.progress.load() == {}


def test_what_is_done_is_not_done_again_when_another_prefix_fails() -> None:
    world = World("a", "b")
    world.store.write([result("bb")])
    known = world.store.known

    def failing(container: str, prefix: str, after: str, limit: int) -> list[Known]:
        if prefix == "b":
            raise StoreUnavailable("down")
        return known(container, prefix, after, limit)

    world.store.known = failing  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        world.sweep.run()
    assert world.progress.load() == {"a": Place("", "a", done=True)}
    world.store.known = known  # type: ignore[method-assign]
    assert world.sweep.run() == Counts(listed=1, known=1, mended=1, deleted=1)


def test_a_marker_that_storage_forgot_costs_a_new_beginning() -> None:
    world = World()
    world.progress.save("", Place("d", "d"))
    fail_at(world, "d", MarkerRefused("unknown"))
    assert world.sweep.run().listed == 10
    fail_at(world, "", MarkerRefused("strange"))
    with pytest.raises(MarkerRefused):
        world.sweep.run()


def test_nothing_is_published_while_something_waits() -> None:
    world = World(group=100)
    world.queues.waiting = [3, 2, 1]
    world.sweep.run()
    assert world.queues.waiting == []
    assert world.pace.waited_s > 0.2


def test_it_ends_when_told_even_while_it_waits() -> None:
    world = World()
    world.queues.waiting = [1] * 1000
    threading.Timer(0.05, world.stopped.set).start()
    with pytest.raises(Stopped):
        world.sweep.run()
    assert world.published() == []


def test_it_ends_when_told_even_while_storage_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_reconciler.sweep.CHECK_INTERVAL_S", 0.01)
    world = World()
    world.page = lambda *_: Future[ListedPage]()
    threading.Timer(0.05, world.stopped.set).start()
    with pytest.raises(Stopped):
        world.sweep.run()


def test_a_broker_that_is_away_is_waited_for() -> None:
    world = World()
    world.publisher.away = True
    with pytest.raises(BrokerUnavailable):
        world.sweep.run()
    world.publisher.away = False
    world.queues.away = True
    with pytest.raises(BrokerUnavailable):
        world.sweep.run()
    world.queues.away = False
    world.sweep.run()
    assert world.published() == EVERYTHING


def test_sweeps_are_repeated_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr("loupe_reconciler.sweeper.FIRST_PAUSE_S", 0.001)
    stopped, sweeps = threading.Event(), Growth(SWEEPS)
    turns = iter([StoreUnavailable("the store is away"), ValueError("strange"), None, None])
    began: list[int] = []

    def sweep() -> None:
        began.append(1)
        error = next(turns, Stopped("told to end"))
        if error:
            raise error

    sweep_repeatedly(sweep, 0.001, stopped)
    assert len(began) == 5
    assert "will go on: the store is away" in caplog.text
    assert "the sweep failed" in caplog.text
    assert (sweeps("interrupted"), sweeps("failed")) == (1, 1)


def test_a_heartbeat_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(ConfigurationError, match="LOUPE_HEARTBEAT_FILE cannot be written"),
        Heartbeat(tmp_path / "file" / "heartbeat"),
    ):
        pass
