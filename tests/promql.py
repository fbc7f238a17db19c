"""Which metrics and labels a query names, checked against the list of all metrics.

It reads no grammar: it finds names, and selectors and groupings after them.
"""

import re
from collections.abc import Iterator

from loupe_shared.telemetry.metrics import CATALOG

OF_ANY_SERIES = {"service", "namespace", "le"}
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}

_SERIES = re.compile(r"\b((?:loupe|process)_[a-z_]+)\b\s*(\{[^}]*\})?")
_MATCHER = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\bby\s*\(([^)]*)\)")


def mistakes(query: str) -> list[str]:
    """What a query names that no process gives."""
    return list(_mistakes(query))


def _mistakes(query: str) -> Iterator[str]:
    known = {name: set(metric.labels) for metric in CATALOG.values() for name in metric.series}
    known |= {name: set() for name in OF_THE_PROCESS}
    named: set[str] = set()
    for name, selector in _SERIES.findall(query):
        if name not in known:
            yield f"{name} is no metric"
            continue
        named |= known[name]
        for label in set(_MATCHER.findall(selector)) - known[name] - OF_ANY_SERIES:
            yield f"{name} has no label {label}"
    for grouping in _GROUPING.findall(query):
        for label in {label.strip() for label in grouping.split(",")} - named - OF_ANY_SERIES:
            yield f"nothing is grouped by {label}"
