"""Reading metrics."""

from dataclasses import dataclass

import httpx2
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]


@dataclass
class Scrape:
    """The samples that a process gave: name, labels, value."""

    samples: list[tuple[str, Labels, float]]

    @classmethod
    def of(cls, url: str) -> "Scrape":
        """Ask a process."""
        text = httpx2.get(url, timeout=30).raise_for_status().text
        families = text_string_to_metric_families(text)
        return cls([(one.name, one.labels, one.value) for family in families for one in family.samples])

    def value(self, name: str, **labels: str) -> float:
        """The sum of those that have such labels; 0 if there are none."""
        return sum(value for found, having, value in self.samples if found == name and labels.items() <= having.items())

    def has(self, name: str) -> bool:
        """Whether there is one."""
        return any(found == name for found, _, _ in self.samples)


class Growth:
    """How much a metric of this process has grown since this was made."""

    def __init__(self, metric: Counter | Gauge | Histogram) -> None:
        self._metric = metric
        self._before = self._samples()

    def __call__(self, *values: str, ending: str = "_total") -> float:
        """By how much, with such values of labels, in the order of the labels."""
        key = ending, values
        return self._samples().get(key, 0.0) - self._before.get(key, 0.0)

    def _samples(self) -> dict[tuple[str, tuple[str, ...]], float]:
        found: dict[tuple[str, tuple[str, ...]], float] = {}
        for family in self._metric.collect():
            for sample in family.samples:
                values = tuple(value for label, value in sample.labels.items() if label != "le")
                found[sample.name.removeprefix(family.name), values] = sample.value
        return found
