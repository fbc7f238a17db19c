"""KEDA and the HPA in the simulation calculate as the real ones do."""

from dataclasses import replace

import pytest

from bench.scaling.autoscaler import SYNC_S, Hpa, Keda
from bench.scaling.policy import Policy, ScaleDown, Signal

POLICY = Policy("test", Signal(10, 10), max_workers=100)


def synced(hpa: Hpa, replicas: int, wanted: float, times: int, begin: float = 0.0) -> list[int]:
    """Replicas after each of so many syncs."""
    found = []
    for number in range(times):
        replicas = hpa.sync(begin + number * SYNC_S, replicas, wanted)
        found.append(replicas)
    return found


@pytest.mark.parametrize(("wanted", "desired"), [(4.0, 4), (4.39, 4), (4.41, 5), (3.61, 4), (2.9, 3)])
def test_what_is_off_by_less_than_the_tolerance_changes_nothing(wanted: float, desired: int) -> None:
    assert Hpa(POLICY).sync(0.0, 4, wanted) == desired


def test_workers_at_most_double_or_come_by_four() -> None:
    assert synced(Hpa(POLICY), 1, 60.0, 5) == [5, 10, 20, 40, 60]


def test_there_are_never_more_than_the_most_nor_fewer_than_the_least() -> None:
    policy = replace(POLICY, min_workers=2, max_workers=7, down=ScaleDown(window_s=0))
    assert synced(Hpa(policy), 2, 60.0, 2) == [6, 7]
    assert synced(Hpa(policy), 7, 0.0, 2)[-1] == 2


def test_fewer_must_have_been_enough_for_the_whole_window() -> None:
    hpa = Hpa(replace(POLICY, down=ScaleDown(window_s=60)))
    assert synced(hpa, 10, 10.0, 1) == [10]
    assert synced(hpa, 10, 2.0, 5, begin=SYNC_S) == [10, 10, 10, 10, 2]


def test_workers_go_one_at_a_time_where_the_policy_says_so() -> None:
    hpa = Hpa(replace(POLICY, down=ScaleDown(window_s=0, share=0, pods=1, period_s=60)))
    assert synced(hpa, 5, 1.0, 9) == [4, 4, 4, 4, 3, 3, 3, 3, 2]


def test_without_workers_the_hpa_rests() -> None:
    assert Hpa(POLICY).sync(0.0, 0, 50.0) == 0


def test_keda_makes_the_first_worker_and_takes_the_last_after_the_pause() -> None:
    keda = Keda(replace(POLICY, cooldown_s=300))
    assert keda.poll(0.0, 0, 0.0) == 0
    assert keda.poll(1000.0, 0, 0.1) == 1
    assert keda.poll(1300.0, 3, 0.0) == 3
    assert keda.poll(1300.1, 3, 0.0) == 0


def test_keda_leaves_the_fewest() -> None:
    keda = Keda(replace(POLICY, min_workers=2))
    assert keda.poll(10_000.0, 2, 0.0) == 2


def test_running_jobs_count_only_where_they_are_asked_for() -> None:
    assert Signal(64).workers(0, 8) == 0
    assert Signal(64, 64).workers(56, 8) == 1
    assert Signal(64, 2).workers(64, 4) == 3
