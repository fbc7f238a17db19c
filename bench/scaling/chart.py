"""The chart's settings, as the simulation needs them. They are written in the chart and nowhere else."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bench.places import ROOT
from bench.scaling.policy import Policy, ScaleDown, Signal

CHART = ROOT / "charts" / "loupe"
# What an overlay lies on.
OVERLAYS = {"cpu": ("values-prod-cpu.yaml",), "gpu": ("values-prod-cpu.yaml", "values-prod-gpu.yaml")}


def values(overlay: str) -> dict[str, Any]:
    """The chart's values under an overlay, as Helm merges them."""
    files = [CHART / "values.yaml", *(CHART / "overlays" / name for name in OVERLAYS[overlay])]
    merged: dict[str, Any] = {}
    for file in files:
        merged = _merge(merged, yaml.safe_load(file.read_text(encoding="utf-8")))
    return merged


def policy(overlay: str) -> Policy:
    """How the chart scales inference workers."""
    inference = values(overlay)["inference"]
    keda = inference["keda"]
    jobs = float(keda["jobsPerReplica"])
    return Policy(
        "the chart",
        Signal(jobs, jobs),
        keda["minReplicas"],
        keda["maxReplicas"],
        keda["pollingSeconds"],
        keda["cooldownSeconds"],
        _down(CHART / "templates" / "_scaling.tpl", keda["stabilizationSeconds"]),
        grace_s=inference["terminationGraceSeconds"],
    )


def concurrent_jobs(overlay: str, default: int) -> int:
    """How many jobs a worker holds."""
    return int(values(overlay)["inference"]["settings"].get("LOUPE_CONCURRENT_JOBS", default))


def _down(template: Path, window_s: float) -> ScaleDown:
    rule = re.search(r"policies: \[\{type: Pods, value: (\d+), periodSeconds: (\d+)\}\]", template.read_text("utf-8"))
    if rule is None:
        raise ValueError(f"{template} does not say how quickly workers go, or says it in another way than it did")
    return ScaleDown(window_s, 0.0, int(rule[1]), float(rule[2]))


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
