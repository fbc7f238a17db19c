"""From images a day to nodes, request units, memory, requests and money."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scaling import footprint
from bench.scaling.hardware import KINDS
from bench.scaling.traffic import DAY_S

PRICES = Path(__file__).with_name("prices.json")
MONTH_DAYS = 30
HOURS = 24
GB = 1e9

BUSY = 0.7  # share of the time for which workers and CPUs that are there have something to do
GENERAL = "Standard_D4as_v6"  # the nodes of everything but inference
GENERAL_CPUS, LEAST_GENERAL_NODES, OTHER_CPUS = 3.5, 3, 3.0

# Of one instance of Loupe, whose events all come through one storage queue, and whose broker is not clustered.
QUEUE_PER_S, ACCOUNT_PER_S, BROKER_BYTES = 2_000, 20_000, 25 * GB
# Azure Managed Redis, in bytes. A fifth is for the service itself.
REDIS_SIZES = {"B0": 0.5, "B1": 1, "B3": 3, "B5": 6, "B10": 12, "B20": 24}
REDIS_USABLE = 0.8


@dataclass(frozen=True)
class Load:
    """What is to be handled.

    Attributes:
        images_per_day: on an average day.
        hardware: of ``KINDS``.
        peak: images per second of the busiest hour ÷ those of the day.
        backlog_h: hours of images, at the rate of the day, that the broker must be able to hold.
        kept_days: for which results are kept.
        embeddings: whether similar images are looked for.
    """

    images_per_day: float
    hardware: str = "t4"
    peak: float = 3.0
    backlog_h: float = 4.0
    kept_days: float = 365.0
    embeddings: bool = True


@dataclass(frozen=True)
class Plan:
    """What that takes.

    Attributes:
        mean_per_s: images per second of the day.
        peak_per_s: images per second of the busiest hour.
        instances: of Loupe, each with a storage account, a broker and a container of its own.
        workers: inference workers at the peak.
        nodes: that they need.
        node_hours: a day, if workers come and go with the load.
        general_nodes: for everything else.
        ru_per_s: request units per second at the peak: the maximum of autoscale.
        mean_ru_per_s: of the day.
        archive_gb: after ``kept_days``.
        buckets: that the archive needs.
        broker_gb: memory of each broker.
        redis: size of each broker.
        blob_requests: a day: one write and one read of each picture.
        queue_requests: a day.
        sweep_requests: of one sweep, when all pictures of the kept days are there.
        costs: a month, by what for.
    """

    mean_per_s: float
    peak_per_s: float
    instances: int
    workers: int
    nodes: int
    node_hours: float
    general_nodes: int
    ru_per_s: int
    mean_ru_per_s: float
    archive_gb: float
    buckets: int
    broker_gb: float
    redis: str
    blob_requests: float
    queue_requests: float
    sweep_requests: float
    costs: Mapping[str, float]

    @property
    def cost(self) -> float:
        """A month."""
        return sum(self.costs.values())


def make_plan(load: Load, prices: Mapping[str, Any]) -> Plan:
    """Calculate.

    Args:
        load: what is to be handled.
        prices: as in ``prices.json``.

    Raises:
        ValueError: there is nothing to plan for.
    """
    if load.images_per_day <= 0 or load.peak < 1:
        raise ValueError("there must be images, and a busiest hour that is at least as busy as the day")
    hardware = KINDS[load.hardware]
    mean = load.images_per_day / DAY_S
    peak = mean * load.peak
    each = hardware.images_per_s() * BUSY
    workers = math.ceil(peak / each)
    nodes = math.ceil(workers / hardware.workers)
    node_hours = load.images_per_day / each / 3600 / hardware.workers
    cpus = peak * (footprint.ingestion_cpu_s() + footprint.results_cpu_s(embeddings=load.embeddings)) / BUSY
    general = max(LEAST_GENERAL_NODES, math.ceil((cpus + OTHER_CPUS) / GENERAL_CPUS))

    ru = footprint.RU_PER_IMAGE_WITH_EMBEDDING if load.embeddings else footprint.RU_PER_IMAGE
    most_ru = max(footprint.LEAST_RU_PER_S, math.ceil(peak * ru / 1000) * 1000)
    archive = load.images_per_day * load.kept_days
    archive *= footprint.RESULT_BYTES + (footprint.EMBEDDING_BYTES if load.embeddings else 0)

    waiting = load.images_per_day / HOURS * load.backlog_h * footprint.broker_bytes()
    instances = _instances(peak, waiting)
    broker = waiting / instances + footprint.KNOWN_ANSWERS_BYTES
    redis = next(name for name, gb in REDIS_SIZES.items() if gb * GB * REDIS_USABLE >= broker)

    blob, queue = 2 * load.images_per_day, footprint.QUEUE_OPERATIONS * load.images_per_day
    sweep = load.images_per_day * load.kept_days / footprint.LISTED
    costs = {
        "inference nodes": node_hours * MONTH_DAYS * prices["node_hour"][hardware.machine],
        "other nodes": general * HOURS * MONTH_DAYS * prices["node_hour"][GENERAL],
        "Cosmos DB, requests": max(mean * ru, most_ru / 10) / 100 * HOURS * MONTH_DAYS * prices["cosmos_100_ru_hour"],
        "Cosmos DB, storage": archive / GB * prices["cosmos_gb_month"],
        "broker": instances * HOURS * MONTH_DAYS * prices["redis_hour"][f"Balanced_{redis}"],
        "storage requests": MONTH_DAYS
        * (
            load.images_per_day * (prices["blob_10000_reads"] + prices["blob_10000_writes"])
            + queue * prices["queue_10000_operations"]
        )
        / 10_000,
        "Event Grid": MONTH_DAYS * load.images_per_day / 1e6 * prices["event_grid_million_operations"],
    }
    return Plan(
        mean_per_s=mean,
        peak_per_s=peak,
        instances=instances,
        workers=workers,
        nodes=nodes,
        node_hours=node_hours,
        general_nodes=general,
        ru_per_s=most_ru,
        mean_ru_per_s=mean * ru,
        archive_gb=archive / GB,
        buckets=max(32, math.ceil(archive / footprint.BUCKET_BYTES)),
        broker_gb=broker / GB,
        redis=redis,
        blob_requests=blob,
        queue_requests=queue,
        sweep_requests=sweep,
        costs=costs,
    )


def read_prices(path: Path = PRICES) -> dict[str, Any]:
    """Prices, which are no facts: they have a date and a source."""
    prices: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return prices


def _instances(peak_per_s: float, waiting_bytes: float) -> int:
    requests = 2 + footprint.QUEUE_OPERATIONS
    usable = BROKER_BYTES * REDIS_USABLE * REDIS_SIZES["B20"] / 25 - footprint.KNOWN_ANSWERS_BYTES
    return max(
        math.ceil(peak_per_s / QUEUE_PER_S),
        math.ceil(peak_per_s * requests / ACCOUNT_PER_S),
        math.ceil(waiting_bytes / usable),
    )
