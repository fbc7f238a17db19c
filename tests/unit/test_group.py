"""Group commit."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from loupe_results import group
from loupe_results.group import GroupCommit
from loupe_shared.errors import StoreUnavailable
from tests.waiting import wait_for


class Journal:
    """What was written in which groups. Groups with certain words fail, and the first waits for ``gate``."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)
        self.groups: list[list[str]] = []
        self.written: set[str] = set()
        self.gate = threading.Event()

    def commit(self, words: Sequence[str]) -> None:
        """Write a group, or nothing of it."""
        self.groups.append(sorted(words))
        if len(self.groups) == 1:
            assert self.gate.wait(60)
        if not self.refused.isdisjoint(words):
            raise StoreUnavailable(f"not {sorted(self.refused & set(words))}")
        self.written |= set(words)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group gathers until all callers wait, however slow the machine is."""
    monkeypatch.setattr(group, "GATHER_S", 60.0)
    monkeypatch.setattr(group, "MANY", 2)


def write_together(journal: Journal, words: Sequence[str]) -> dict[str, Future[None]]:
    """Write one word, and while that is being written the others from a thread each. Returns what became of each."""
    commit = GroupCommit(journal.commit, callers=len(words) - 1)
    with ThreadPoolExecutor(len(words)) as threads:
        outcomes = {words[0]: threads.submit(commit.write, words[0])}
        wait_for(lambda: journal.groups, "the first")
        outcomes |= {word: threads.submit(commit.write, word) for word in words[1:]}
        journal.gate.set()
    return outcomes


def test_what_comes_meanwhile_is_written_together() -> None:
    journal = Journal()
    outcomes = write_together(journal, ["a", "b", "c", "d"])
    assert journal.groups == [["a"], ["b", "c", "d"]]
    assert [outcome.result() for outcome in outcomes.values()] == [None] * 4


def test_an_error_stays_with_its_cause() -> None:
    journal = Journal("c")
    outcomes = write_together(journal, ["a", "b", "c", "d"])
    assert journal.written == {"a", "b", "d"}
    assert journal.groups[:2] == [["a"], ["b", "c", "d"]]
    assert sorted(journal.groups[2:]) == [["b"], ["c"], ["d"]]
    errors = {word: outcome.exception() for word, outcome in outcomes.items()}
    assert [word for word, error in errors.items() if error] == ["c"]
    assert str(errors["c"]) == "not ['c']"


def test_when_nothing_can_be_written_each_is_told() -> None:
    journal = Journal("a", "b", "c")
    outcomes = write_together(journal, ["a", "b", "c"])
    assert all(isinstance(outcome.exception(), StoreUnavailable) for outcome in outcomes.values())


def test_what_was_refused_may_be_brought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "GATHER_S", 0.0)
    journal = Journal("a")
    journal.gate.set()
    commit = GroupCommit(journal.commit, callers=2)
    with pytest.raises(StoreUnavailable):
        commit.write("a")
    journal.refused.clear()
    commit.write("a")
    assert journal.written == {"a"}


def test_who_fails_alone_is_not_tried_twice() -> None:
    journal = Journal("a")
    journal.gate.set()
    with pytest.raises(StoreUnavailable):
        GroupCommit(journal.commit, callers=2).write("a")
    assert journal.groups == [["a"]]


def test_a_group_gathers_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "GATHER_S", 0.05)
    journal = Journal()
    journal.gate.set()
    commit = GroupCommit(journal.commit, callers=2)
    commit.write("a")
    commit.write("b")
    assert journal.groups == [["a"], ["b"]]


def test_what_comes_now_and_then_does_not_wait_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "MANY", 4)
    journal = Journal()
    journal.gate.set()
    commit = GroupCommit(journal.commit, callers=2)
    with ThreadPoolExecutor(1) as threads:
        for word in ("a", "b", "c"):
            threads.submit(commit.write, word).result(timeout=30)
    assert journal.groups == [["a"], ["b"], ["c"]]
