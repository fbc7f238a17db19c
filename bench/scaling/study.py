"""Which settings are compared, on which days, and what comes of it."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from bench.places import RESULTS
from bench.scaling import chart
from bench.scaling.hardware import KINDS
from bench.scaling.outcome import Outcome
from bench.scaling.policy import Policy, Signal
from bench.scaling.simulation import Circumstances, simulate
from bench.scaling.traffic import DAYS, jobs
from loupe_inference.settings import InferenceSettings
from loupe_ingestion.settings import IngestionSettings

KEPT = RESULTS / "scaling.json"
SEED = 2026
ONE_STAYS = "the chart, and one always there"
LOST_PER_HOUR = 0.5  # of spot nodes: one in two hours

JOB_SIZE = int(IngestionSettings.model_fields["job_size"].default)
CONCURRENT_JOBS = int(InferenceSettings.model_fields["concurrent_jobs"].default)
VISIBILITY_S = float(InferenceSettings.model_fields["visibility_timeout_s"].default)


@dataclass(frozen=True)
class Case:
    """One simulated day.

    Attributes:
        day: of ``DAYS``.
        overlay: of the chart, whose settings and nodes it has.
        policy: how many workers there are.
        spot: whether nodes go without notice.
    """

    day: str
    overlay: str
    policy: Policy
    spot: bool = False

    @property
    def hardware(self) -> str:
        """Of ``KINDS``."""
        return "t4" if self.overlay == "gpu" else "cpu"


@dataclass(frozen=True)
class Row:
    """What came of a case.

    Attributes:
        day: see ``Case``.
        hardware: see ``Case``.
        policy: its name.
        spot: see ``Case``.
        images: that were done.
        median_s: seconds from arrival to answer, of half of the images.
        p95_s: of 95 of a hundred.
        most_s: of all.
        node_hours: that were paid for.
        most_workers: at once.
        ended_busy: workers that were told to end while they held a job.
        begun_again: images whose worker was killed.
        done_again: images that were done twice.
        undone: jobs that were not done.
    """

    day: str
    hardware: str
    policy: str
    spot: bool
    images: int
    median_s: float
    p95_s: float
    most_s: float
    node_hours: float
    most_workers: int
    ended_busy: int
    begun_again: int
    done_again: int
    undone: int


def policies(overlay: str) -> list[Policy]:
    """The chart's, and what one might do instead."""
    own = chart.policy(overlay)
    waiting = Signal(own.signal.waiting_per_worker)
    return [
        own,
        replace(own, name=ONE_STAYS, min_workers=1),
        replace(own, name="the chart, of what waits alone", signal=waiting),
        Policy("KEDA's defaults, of what waits", Signal(5), own.min_workers, own.max_workers),
        replace(own, name="always the most", min_workers=own.max_workers),
    ]


def cases() -> list[Case]:
    """All that are compared: every policy on GPUs, the chart's on CPUs, and on nodes that may go."""
    on_gpus = [Case(day, "gpu", policy) for day in DAYS for policy in policies("gpu")]
    on_cpus = [Case(day, "cpu", chart.policy("cpu")) for day in DAYS]
    return [*on_gpus, *on_cpus, Case("burst", "gpu", chart.policy("gpu"), spot=True)]


def run(case: Case) -> Outcome:
    """Simulate a case. It is the same every time."""
    arriving = jobs(DAYS[case.day].rate(), JOB_SIZE, np.random.default_rng(SEED))
    circumstances = Circumstances(
        visibility_s=VISIBILITY_S,
        concurrent_jobs=chart.concurrent_jobs(case.overlay, CONCURRENT_JOBS),
        lost_nodes_per_hour=LOST_PER_HOUR if case.spot else 0.0,
    )
    return simulate(arriving, case.policy, KINDS[case.hardware], circumstances, np.random.default_rng(SEED + 1))


def row(case: Case) -> Row:
    """What comes of a case, in numbers."""
    outcome = run(case)
    return Row(
        day=case.day,
        hardware=case.hardware,
        policy=case.policy.name,
        spot=case.spot,
        images=int(outcome.images.sum()),
        median_s=round(outcome.wait_s(0.5), 2),
        p95_s=round(outcome.wait_s(0.95), 2),
        most_s=round(outcome.wait_s(1), 2),
        node_hours=round(outcome.node_hours, 1),
        most_workers=max(moment.replicas for moment in outcome.moments),
        ended_busy=outcome.ended_busy,
        begun_again=outcome.begun_again,
        done_again=outcome.done_again,
        undone=outcome.undone,
    )


def settings() -> dict[str, object]:
    """Of the chart, when it was simulated: a test fails when they are others by now."""
    return {overlay: asdict(chart.policy(overlay)) for overlay in chart.OVERLAYS}


def study(tell: Callable[[str], None]) -> None:
    """Simulate all cases, and keep what comes of them."""
    found: list[Row] = []
    chosen = cases()
    with ProcessPoolExecutor() as pool:
        for case, result in zip(chosen, pool.map(row, chosen), strict=True):
            tell(f"{DAYS[case.day].name}: {case.policy.name}")
            found.append(result)
    write(KEPT, found)


def write(path: Path, rows: Sequence[Row]) -> None:
    """Keep the numbers, and what they were made with."""
    document = {"seed": SEED, "settings": settings(), "rows": [asdict(one) for one in rows]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> list[Row]:
    """The numbers that were kept."""
    return [Row(**one) for one in json.loads(path.read_text(encoding="utf-8"))["rows"]]
