"""When requests may be sent, by a clock that the tests set."""

import threading
from contextlib import ExitStack, suppress

import pytest

from loupe_shared.adapters.governor import GROWTH, MAX_BACKOFF_S, Clock, Governor, Throttled

NEVER = 1e9


class SetClock(Clock):
    """A clock that moves when something waits for it, and remembers for how long."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waits: list[float] = []

    def now(self) -> float:
        """As it was set."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.waits.append(seconds)
        self.time += seconds

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Move on, if nobody notifies: in these tests there is nobody else."""
        assert condition
        self.sleep(seconds)


@pytest.fixture
def clock() -> SetClock:
    """A clock."""
    return SetClock()


def succeed(governor: Governor, times: int = 1) -> None:
    """Make requests that are answered."""
    for _ in range(times):
        with governor.turn(NEVER):
            pass


def be_throttled(governor: Governor, retry_after_s: float = 0.0) -> None:
    """Make a request that is not."""
    with pytest.raises(Throttled), governor.turn(NEVER):
        raise Throttled("too many", retry_after_s)


def at_once(governor: Governor) -> int:
    """How many requests may be under way at once."""
    count = 0
    with suppress(TimeoutError), ExitStack() as turns:  # which all end with this error, so the governor learns nothing
        while True:
            turns.enter_context(governor.turn(governor.clock.now() + 1))
            count += 1
    return count


def test_without_trouble_nobody_waits(clock: SetClock) -> None:
    succeed(Governor(clock=clock), 1000)
    assert clock.waits == []


def test_nobody_sends_before_the_service_wants_to_hear(clock: SetClock) -> None:
    governor = Governor(clock=clock)
    be_throttled(governor, 2.5)
    began = clock.time
    succeed(governor)
    assert clock.time == began + 2.5
    succeed(governor)
    assert clock.time == began + 2.5


def test_the_latest_moment_that_was_named_counts(clock: SetClock) -> None:
    governor = Governor(clock=clock)
    first, second = governor.turn(NEVER), governor.turn(NEVER)
    for turn in (first, second):
        turn.__enter__()
    assert not first.__exit__(Throttled, Throttled("too many", 3.0), None)
    assert not second.__exit__(Throttled, Throttled("too many", 1.0), None)
    began = clock.time
    succeed(governor)
    assert clock.time == began + 3.0


def test_no_more_than_the_most_are_under_way(clock: SetClock) -> None:
    assert at_once(Governor(5, clock)) == 5


def test_throttling_halves_what_was_under_way(clock: SetClock) -> None:
    governor = Governor(20, clock)
    with ExitStack() as turns:
        for _ in range(7):
            turns.enter_context(governor.turn(NEVER))
        clock.time += 1
        be_throttled(governor)
    assert at_once(governor) == 4
    clock.time += 1
    be_throttled(governor)
    assert at_once(governor) == 1
    clock.time += 1
    be_throttled(governor)
    assert at_once(governor) == 1


def test_success_allows_one_more_up_to_the_most(clock: SetClock) -> None:
    governor = Governor(3, clock)
    be_throttled(governor)
    succeed(governor, GROWTH - 1)
    assert at_once(governor) == 1
    succeed(governor)
    assert at_once(governor) == 2
    succeed(governor, 10 * GROWTH)
    assert at_once(governor) == 3


def test_failures_of_other_kinds_change_nothing(clock: SetClock) -> None:
    governor = Governor(3, clock)
    for _ in range(10):
        with pytest.raises(ValueError, match="broken"), governor.turn(NEVER):
            raise ValueError("broken")
    assert at_once(governor) == 3


def test_what_was_sent_together_halves_once(clock: SetClock) -> None:
    """Otherwise one moment of too much would bring it down to one at a time."""
    governor = Governor(16, clock)
    turns = [governor.turn(NEVER) for _ in range(16)]
    for turn in turns:
        turn.__enter__()
    clock.time += 1
    for turn in turns:
        assert not turn.__exit__(Throttled, Throttled("too many"), None)
    assert at_once(governor) == 8


def test_nobody_waits_beyond_the_deadline(clock: SetClock) -> None:
    governor = Governor(1, clock)
    be_throttled(governor, 60.0)
    began = clock.time
    with pytest.raises(TimeoutError), governor.turn(began + 5):
        pass
    assert clock.time == began + 5
    with pytest.raises(TimeoutError), governor.turn(clock.time):  # not even if there were a turn
        pass
    succeed(governor)
    assert clock.time == began + 60


def test_who_waits_is_next_when_a_turn_ends() -> None:
    governor = Governor(1)
    order: list[int] = []
    waiting = threading.Semaphore(0)

    def wait_for_a_turn(number: int) -> None:
        waiting.release()
        with governor.turn(governor.clock.now() + 60):
            order.append(number)

    threads = [threading.Thread(target=wait_for_a_turn, args=(number,)) for number in range(4)]
    with governor.turn(governor.clock.now() + 60):
        for thread in threads:
            thread.start()
            waiting.acquire()
        assert order == []
    for thread in threads:
        thread.join()
    assert sorted(order) == [0, 1, 2, 3]


def test_the_pause_after_a_failure_doubles_at_most_and_is_random(clock: SetClock) -> None:
    governor = Governor(clock=clock)
    for failures in range(1, 12):
        clock.waits.clear()
        for _ in range(200):
            governor.back_off(failures, 0.1, NEVER)
        longest = min(0.1 * 2 ** (failures - 1), MAX_BACKOFF_S)
        assert 0 <= min(clock.waits) < 0.1 * longest
        assert 0.9 * longest < max(clock.waits) <= longest


def test_a_pause_that_would_pass_the_deadline_is_not_made(clock: SetClock) -> None:
    with pytest.raises(TimeoutError):
        Governor(clock=clock).back_off(1, 0.1, clock.time)
    assert clock.waits == []
