"""Pods have nodes to go to, of those that the templates of Azure's resources make."""

import re
from typing import Any

import pytest

from infra.checks.bicep import read
from tests.factories import ROOT
from tests.helm import INSTALLATIONS, Manifest, container, pods, render

INFRA = ROOT / "infra"
# The pools that somebody must ask for, by the installation that wants them. `general` is always there.
WANTED: dict[str, set[str]] = {"dev": set(), "prod-cpu": set(), "prod-gpu": {"gpu"}, "prod-spot": {"spot"}}
COUNTS = {"workers": "workerNodes", "gpu": "gpuNodes", "spot": "spotNodes"}
GPU_LABEL = {"kubernetes.azure.com/accelerator": "nvidia"}  # AKS gives it to nodes that have some


@pytest.fixture(scope="module")
def pools() -> dict[str, Any]:
    """The properties of each pool, by its name."""
    found: dict[str, Any] = {"general": {}}
    for one in read(INFRA / "modules" / "pools.bicep"):
        if one.kind == "resource" and isinstance(one.value, dict) and "properties" in one.value:
            found[str(one.value["name"])] = one.value["properties"]
    assert found.keys() == {"general", *COUNTS}
    return found


def there_by_default() -> set[str]:
    """The pools that somebody has who asks for none."""
    main = (INFRA / "main.bicep").read_text(encoding="utf-8")
    return {pool for pool, count in COUNTS.items() if not re.search(rf"^param {count} int = 0$", main, re.MULTILINE)}


def fits(pod: Manifest, pool: dict[str, Any]) -> bool:
    """Whether a pod may go to the nodes of a pool."""
    has_gpu = "gpuProfile" in pool
    labels = pool.get("nodeLabels", {}) | (GPU_LABEL if has_gpu else {})
    accepted = {f"{one['key']}={one['value']}:{one['effect']}" for one in pod["spec"].get("tolerations", [])}
    return (
        pod["spec"].get("nodeSelector", {}).items() <= labels.items()
        and set(pool.get("nodeTaints", [])) <= accepted
        and (has_gpu or "nvidia.com/gpu" not in container(pod)["resources"]["limits"])
    )


@pytest.mark.parametrize("installation", WANTED)
def test_every_pod_has_nodes_to_go_to(installation: str, pools: dict[str, Any]) -> None:
    there = {"general", *there_by_default(), *WANTED[installation]}
    for name, pod in pods(render(INSTALLATIONS[installation])).items():
        assert [pool for pool in there if fits(pod, pools[pool])], name


def test_batch_jobs_go_to_spot_nodes_alone_where_that_is_asked_for(pools: dict[str, Any]) -> None:
    pod = pods(render(INSTALLATIONS["prod-spot"]))["loupe-backfill"]
    assert [name for name, pool in pools.items() if fits(pod, pool)] == ["spot"]
