"""How much a worker has done, in all and lately."""

import threading

import pytest

from loupe_shared.tally import Tally


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.9

    def __call__(self) -> float:
        """The time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """The clock."""
    return Clock()


@pytest.fixture
def tally(clock: Clock) -> Tally:
    """A tally by the clock."""
    return Tally(clock)


def test_nothing_yet(tally: Tally) -> None:
    assert (tally.total, tally.last_minute()) == (0, 0)


def test_what_is_done_counts_for_ever_and_lately_for_a_minute(tally: Tally, clock: Clock) -> None:
    tally.add(30)
    tally.add(2)
    clock.seconds += 30
    tally.add(5)
    assert (tally.total, tally.last_minute()) == (37, 37)
    clock.seconds += 29
    assert tally.last_minute() == 37
    clock.seconds += 1
    assert tally.last_minute() == 5
    clock.seconds += 3600
    assert (tally.total, tally.last_minute()) == (37, 0)
    tally.add(1)
    assert (tally.total, tally.last_minute()) == (38, 1)


def test_a_steady_rate_is_found_exactly_however_it_comes(tally: Tally, clock: Clock) -> None:
    for _ in range(1000):  # 250 seconds
        clock.seconds += 0.25
        tally.add(3)
    assert abs(tally.last_minute() - 60 * 4 * 3) < 4 * 3
    assert tally.total == 3000


def test_many_threads(tally: Tally, clock: Clock) -> None:
    def work() -> None:
        for _ in range(1000):
            clock.seconds += 0.001
            tally.add(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.total == tally.last_minute() == 8000
