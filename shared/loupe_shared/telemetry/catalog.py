"""How metrics are declared, so that a page, a dashboard and alerts can be checked against them.

A metric is prometheus-client's own, and belongs to no registry until a process of one of its services gives it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# A series beside each counter that says when the process began, which process_start_time_seconds says already.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types

PREFIX = "loupe_"


@dataclass(frozen=True)
class Metric:
    """A metric of Loupe's.

    Attributes:
        name: as queries write it; those of a histogram also have one of its endings.
        labels: what their values are; ``service`` is not among them, because every series has it.
        services: whose processes give it.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: Mapping[str, str]
    services: tuple[str, ...]
    meaning: str
    collector: Counter | Gauge | Histogram

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries may use."""
        endings = ("_bucket", "_count", "_sum") if self.kind == "histogram" else ("",)
        return tuple(f"{self.name}{ending}" for ending in endings)


DECLARED: dict[str, Metric] = {}


def counter(name: str, services: Sequence[str], meaning: str, **labels: str) -> Counter:
    """Declare what only ever grows. Its name ends with ``_total``."""
    made = Counter(name, meaning, tuple(labels), registry=None)
    _declare(Metric(name, "counter", labels, tuple(services), meaning, made))
    return made


def gauge(name: str, services: Sequence[str], meaning: str, **labels: str) -> Gauge:
    """Declare what goes up and down."""
    made = Gauge(name, meaning, tuple(labels), registry=None)
    _declare(Metric(name, "gauge", labels, tuple(services), meaning, made))
    return made


def histogram(name: str, services: Sequence[str], meaning: str, bounds: Sequence[float], **labels: str) -> Histogram:
    """Declare what is counted by size, in buckets up to each of the bounds."""
    made = Histogram(name, meaning, tuple(labels), registry=None, buckets=bounds)
    _declare(Metric(name, "histogram", labels, tuple(services), meaning, made))
    return made


def _declare(metric: Metric) -> None:
    if not metric.name.startswith(PREFIX) or metric.name in DECLARED:
        raise AssertionError(metric.name)
    DECLARED[metric.name] = metric
