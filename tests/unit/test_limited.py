"""Limiting how long a piece of work may run."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from loupe_inference.limited import Limited


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """One thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_work_that_is_done_in_time(pool: ThreadPoolExecutor) -> None:
    assert Limited(pool, lambda: 7, 10.0).result() == 7


def test_work_that_fails(pool: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        Limited(pool, fail, 10.0).result()


def test_work_that_takes_too_long_and_work_that_it_kept_waiting(pool: ThreadPoolExecutor) -> None:
    release = threading.Event()
    slow, waiting = Limited(pool, release.wait, 0.05), Limited(pool, lambda: 7, 0.05)
    with pytest.raises(TimeoutError):
        slow.result()
    with pytest.raises(CancelledError):
        waiting.result()
    release.set()


def test_waiting_for_a_thread_does_not_count(pool: ThreadPoolExecutor) -> None:
    """A neighbour used up most of the time; the work itself is quick."""
    release, begun = threading.Event(), threading.Event()
    pool.submit(release.wait)

    def work() -> int:
        begun.set()
        threading.Event().wait(0.2)
        return 7

    limited = Limited(pool, work, 0.3)
    threading.Timer(0.25, release.set).start()
    assert limited.result() == 7
    assert begun.is_set()
