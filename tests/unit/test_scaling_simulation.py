"""The simulated cluster loses nothing, does nothing that it need not, and queues as queueing theory says."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.scaling.hardware import KINDS, Hardware
from bench.scaling.jobqueue import JobQueue
from bench.scaling.outcome import Outcome
from bench.scaling.policy import Policy, ScaleDown, Signal
from bench.scaling.simulation import Circumstances, Simulation, simulate
from bench.scaling.traffic import Jobs, jobs, steady, with_bursts
from bench.scaling.workers import Lengths

HARDWARE = replace(KINDS["t4"], node_s=60, pull_s=10, start_s=5, idle_s=120)
SOUND = Circumstances(slow_share=0)
CHART = Policy("chart", Signal(16, 16), 0, 6, 10, 120, ScaleDown(120, 0, 1, 60), grace_s=60)
WAITING = replace(CHART, signal=Signal(16))
POLICIES = [CHART, WAITING, Policy("defaults", Signal(5)), replace(CHART, min_workers=2), replace(CHART, grace_s=0)]


def simulated(
    at: Sequence[float],
    runs_s: Sequence[float],
    policy: Policy = CHART,
    circumstances: Circumstances = SOUND,
    hardware: Hardware = HARDWARE,
) -> Outcome:
    """What comes of jobs of ten images."""
    arriving = Jobs(np.array(at, float), np.full(len(at), 10), max(at, default=0.0))
    lengths = Lengths(np.zeros(len(at)), np.array(runs_s, float))
    return Simulation(arriving, lengths, policy, hardware, circumstances, np.random.default_rng(1)).run()


@given(
    at=st.lists(st.floats(1, 3000), min_size=1, max_size=60).map(sorted),
    seconds=st.lists(st.floats(0.01, 20), min_size=60, max_size=60),
    policy=st.sampled_from(POLICIES),
    lost=st.sampled_from([0.0, 5.0]),
)
@settings(max_examples=40, deadline=None)
def test_every_image_is_done_once_whatever_happens(
    at: list[float], seconds: list[float], policy: Policy, lost: float
) -> None:
    circumstances = replace(SOUND, lost_nodes_per_hour=lost, visibility_s=200)
    outcome = simulated(at, seconds[: len(at)], policy, circumstances)
    assert outcome.undone == 0
    assert outcome.images.sum() == 10 * len(at)
    assert outcome.done_again == 0
    assert (outcome.waits_s >= np.array(0)).all()
    if policy.grace_s and not lost:
        assert outcome.begun_again == 0


@pytest.mark.parametrize("policy", [CHART, WAITING], ids=lambda policy: policy.name)
def test_without_traffic_there_are_no_workers_and_no_nodes(policy: Policy) -> None:
    arriving = jobs(steady(0, 0.1), 32, np.random.default_rng(1))
    outcome = simulate(arriving, policy, HARDWARE, SOUND, np.random.default_rng(1))
    assert outcome.node_hours == 0
    assert {moment.replicas for moment in outcome.moments} == {0}


def test_after_the_traffic_workers_and_nodes_go() -> None:
    outcome = simulated([10.0] * 40, [1.0] * 40)
    assert max(moment.ready for moment in outcome.moments) > 0
    assert outcome.moments[-1].replicas == 0
    # Start, work, pause before the last worker goes, and the node's own.
    assert outcome.node_hours * 3600 < 6 * (100 + 40 + 120 + 120 + 120)


@pytest.mark.parametrize(("workers", "busy"), [(1, 0.6), (4, 0.8)])
def test_a_fixed_number_of_workers_queues_as_erlang_says(workers: int, busy: float) -> None:
    count, rng = 120_000, np.random.default_rng(5)
    at = np.cumsum(rng.exponential(1 / (workers * busy), count))
    policy = Policy("fixed", Signal(1e9), workers, workers)
    circumstances = replace(SOUND, concurrent_jobs=1, visibility_s=1e9)
    outcome = simulated([*at], [*rng.exponential(1, count)], policy, circumstances)
    assert outcome.waits_s.mean() == pytest.approx(1 + erlang_wait(workers, busy), rel=0.05)


def erlang_wait(workers: int, busy: float) -> float:
    """The mean wait in M/M/c, in units of the mean service time (A. K. Erlang, 1917)."""
    offered = workers * busy
    all_busy = offered**workers / math.factorial(workers) / (1 - busy)
    some_free = sum(offered**number / math.factorial(number) for number in range(workers))
    return all_busy / (some_free + all_busy) / (workers * (1 - busy))


def test_a_job_longer_than_the_visibility_timeout_is_done_again() -> None:
    outcome = simulated([10.0], [300.0], circumstances=replace(SOUND, visibility_s=100))
    assert outcome.undone == 0
    assert outcome.done_again >= 10


def test_a_signal_of_what_waits_alone_takes_workers_away_at_work() -> None:
    both, waiting = (simulated([10.0] * 2, [400.0] * 2, policy) for policy in (CHART, WAITING))
    assert (both.ended_busy, both.begun_again, both.undone) == (0, 0, 0)
    # Nothing waits, so nobody is there any more to put them back.
    assert (waiting.ended_busy, waiting.begun_again, waiting.undone) == (1, 20, 2)


def test_a_worker_that_is_given_the_time_finishes_its_job() -> None:
    outcome = simulated([10.0] * 2, [400.0] * 2, replace(WAITING, grace_s=900))
    assert outcome.ended_busy > 0
    assert (outcome.begun_again, outcome.undone) == (0, 0)


def test_what_a_dead_worker_held_is_put_back_by_the_next_that_starts() -> None:
    queue = JobQueue(Jobs(np.array([1.0]), np.array([10]), 1.0), visibility_s=100)
    queue.arrive(0)
    taken = queue.take(2.0)
    assert taken
    assert queue.times_out_at(taken) > 102
    assert not queue.time_out(taken, anybody=False)
    assert (queue.waiting, queue.running) == (0, 1)
    queue.revive()
    assert (queue.waiting, queue.running) == (1, 0)


def test_lost_nodes_cost_images_begun_again_and_nothing_else() -> None:
    arriving = jobs(steady(4e6, 0.05), 32, np.random.default_rng(1))
    outcome = simulate(
        arriving, CHART, HARDWARE, replace(SOUND, lost_nodes_per_hour=30, visibility_s=60), np.random.default_rng(3)
    )
    assert outcome.begun_again > 0
    assert outcome.undone == outcome.done_again == 0
    assert outcome.images.sum() == arriving.images.sum()


def test_a_day_is_the_same_every_time() -> None:
    rate = with_bursts(steady(1e5, 0.1), 20_000, 60, 1.0)
    waits = [
        simulate(
            jobs(rate, 32, np.random.default_rng(1)), CHART, HARDWARE, Circumstances(), np.random.default_rng(2)
        ).waits_s
        for _ in range(2)
    ]
    assert (waits[0] == waits[1]).all()


def test_jobs_hold_every_image_that_is_written_and_none_too_many() -> None:
    rate = np.array([0.0, 3.0, 200.0, 0.0, 64.0])
    arriving = jobs(rate, 32, np.random.default_rng(1))
    written = np.random.default_rng(1).poisson(rate)
    assert arriving.images.sum() == written.sum()
    assert arriving.images.max() <= 32
    assert arriving.images.min() > 0
    assert (np.diff(arriving.at) >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_times_are_the_benchmark_s(kind: str) -> None:
    hardware = KINDS[kind]
    images = np.full(2000, 32)
    drawn = hardware.draw(images, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(32 / hardware.images_per_s(), rel=0.02)
    if hardware.model_images_per_s:
        assert hardware.images_per_s() <= hardware.model_images_per_s


def test_a_share_of_images_is_weighed_by_the_images_of_each_job() -> None:
    outcome = Outcome(np.array([1.0, 9.0]), np.array([90, 10]), 0, 0, 0, 0, 0.0, ())
    assert (outcome.wait_s(0.5), outcome.wait_s(0.9), outcome.wait_s(0.95)) == (1, 1, 9)
