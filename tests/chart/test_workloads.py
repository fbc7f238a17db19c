"""Pods are found, kept alive, replaced and confined as they should be."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.helm import CPU, INSTALLATIONS, Manifest, container, of_kind, pods, render, services

WEB_GRACE_S = 5 + 20  # until nobody sends requests any more, and those that are in progress
JOB_S = 60


def matches(selector: dict[str, Any], pod: Manifest) -> bool:
    """Whether a selector with labels alone finds a pod."""
    return bool(selector.items() <= pod["metadata"]["labels"].items())


def test_selectors_find_their_own_pods_and_no_others(manifests: list[Manifest]) -> None:
    for name, made in of_kind(manifests, "Deployment").items():
        found = [
            owner for owner, pod in pods(manifests).items() if matches(made["spec"]["selector"]["matchLabels"], pod)
        ]
        assert found == [name]


def test_selectors_do_not_change_with_versions(manifests: list[Manifest]) -> None:
    for made in of_kind(manifests, "Deployment").values():
        assert {label.rpartition("/")[2] for label in made["spec"]["selector"]["matchLabels"]} == {
            "name",
            "instance",
            "component",
        }


def test_services_lead_to_ports_that_pods_have(manifests: list[Manifest]) -> None:
    found = of_kind(manifests, "Service")
    assert set(found) == {"loupe-query", "loupe-ingestion"}
    for name, made in found.items():
        (owner,) = [o for o, pod in pods(manifests).items() if matches(made["spec"]["selector"], pod)]
        assert owner == name
        ports = {port["name"] for port in container(pods(manifests)[owner])["ports"]}
        assert {port["targetPort"] for port in made["spec"]["ports"]} <= ports


def test_routes_lead_to_services_that_there_are() -> None:
    manifests = render(CPU, {"ingestion.webhook.enabled": True})
    ports = {
        name: {port["port"] for port in made["spec"]["ports"]} for name, made in of_kind(manifests, "Service").items()
    }
    (route,) = of_kind(manifests, "HTTPRoute").values()
    targets = {
        rule["matches"][0]["path"]["value"]: (target["name"], target["port"])
        for rule in route["spec"]["rules"]
        for target in rule["backendRefs"]
    }
    assert targets == {"/": ("loupe-query", 80), "/events": ("loupe-ingestion", 80)}
    assert all(port in ports[name] for name, port in targets.values())
    assert {parent["name"] for parent in route["spec"]["parentRefs"]} == set(of_kind(manifests, "Gateway"))


def test_every_pod_is_what_the_restricted_standard_asks_for(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not spec["automountServiceAccountToken"], name
        for made in [*spec["containers"], *spec.get("initContainers", [])]:
            assert made["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert made["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in made["resources"]["limits"], name


def test_what_is_mounted_is_a_volume(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests).items():
        mounted = {
            mount["name"]
            for made in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]
            for mount in made["volumeMounts"]
        }
        assert mounted == {volume["name"] for volume in pod["spec"]["volumes"]}, name


def test_services_see_no_variables_of_services(manifests: list[Manifest]) -> None:
    assert not any(pod["spec"]["enableServiceLinks"] for pod in pods(manifests).values())


def test_web_services_are_asked_and_workers_show_a_heartbeat(manifests: list[Manifest]) -> None:
    for name, pod in services(manifests).items():
        made = container(pod)
        if name in ("query", "ingestion"):
            assert made["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
            assert made["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        else:
            assert made["startupProbe"]["exec"] == made["livenessProbe"]["exec"]


@pytest.mark.parametrize(("age_s", "code"), [(0, 0), (25, 0), (35, 1), (None, 1)])
def test_the_heartbeat_probe_tells_the_living_from_the_dead(tmp_path: Path, age_s: float | None, code: int) -> None:
    made = container(services(render(CPU))["inference"])
    file = tmp_path / "heartbeat"
    if age_s is not None:
        file.touch()
        os.utime(file, (time.time() - age_s,) * 2)
    variable = next(variable for variable in made["env"] if variable["name"] == "LOUPE_HEARTBEAT_FILE")
    command = [part.replace(variable["value"], str(file)) for part in made["livenessProbe"]["exec"]["command"]]
    assert str(file) in command[-1]
    assert subprocess.run(command, capture_output=True).returncode == code


def test_a_model_may_take_as_long_as_the_values_say() -> None:
    probe = container(services(render(CPU, {"inference.startupSeconds": 333}))["inference"])["startupProbe"]
    assert 333 <= probe["periodSeconds"] * probe["failureThreshold"] < 338


def test_pods_have_the_time_that_they_need_to_end(manifests: list[Manifest]) -> None:
    for name, pod in services(manifests).items():
        needed = {"query": WEB_GRACE_S, "ingestion": WEB_GRACE_S, "inference": JOB_S, "backfill": JOB_S}
        assert pod["spec"]["terminationGracePeriodSeconds"] > needed.get(name, 30), name


def test_budgets_keep_no_node_from_being_renewed(manifests: list[Manifest]) -> None:
    budgets = of_kind(manifests, "PodDisruptionBudget")
    assert set(budgets) == {f"loupe-{name}" for name in ("query", "ingestion", "inference", "backfill", "results")}
    for name, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] == 1
        assert [o for o, pod in pods(manifests).items() if matches(budget["spec"]["selector"]["matchLabels"], pod)] == [
            name
        ]


def test_what_is_scaled_says_no_number_of_pods(manifests: list[Manifest]) -> None:
    scalers = of_kind(manifests, "ScaledObject", "HorizontalPodAutoscaler")
    scaled = [made["spec"]["scaleTargetRef"]["name"] for made in scalers.values()]
    assert len(scaled) == len(set(scaled))
    for name, made in of_kind(manifests, "Deployment").items():
        assert ("replicas" in made["spec"]) == (name not in scaled), name


@pytest.mark.parametrize("count", [0, 3])
def test_batch_jobs_have_as_many_pods_as_their_values_say(count: int) -> None:
    made = of_kind(render(INSTALLATIONS["local"], {"backfill.replicas": count}), "Deployment")
    assert made["loupe-backfill"]["spec"]["replicas"] == count
    assert made["loupe-inference"]["spec"]["replicas"] == 1


def test_there_is_only_one_of_what_must_be_alone(manifests: list[Manifest]) -> None:
    for name in ("loupe-reconciler", "loupe-batch"):
        spec = of_kind(manifests, "Deployment")[name]["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_a_sweep_on_a_schedule_is_one_at_a_time() -> None:
    (job,) = of_kind(render(CPU, {"reconciler.schedule": "17 * * * *"}), "CronJob").values()
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert container(job["spec"]["jobTemplate"]["spec"]["template"])["args"] == ["once"]


def test_every_service_signs_in_as_itself() -> None:
    manifests = render(CPU)
    accounts = of_kind(manifests, "ServiceAccount")
    ids = [made["metadata"]["annotations"]["azure.workload.identity/client-id"] for made in accounts.values()]
    assert len(ids) == len(set(ids)) == 6
    for name, pod in services(manifests).items():
        assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
        assert pod["spec"]["serviceAccountName"] in accounts
        assert pod["spec"]["serviceAccountName"] == f"loupe-{'inference' if name == 'backfill' else name}"


def test_pods_with_gpus_ask_for_them_and_go_where_they_are() -> None:
    found = services(render(INSTALLATIONS["prod-gpu"]))
    for name in ("inference", "backfill"):
        pod = found[name]
        assert container(pod)["resources"]["limits"]["nvidia.com/gpu"] == 1
        assert container(pod)["image"] == "loupe.azurecr.io/loupe/inference-gpu:0.1.0"
        assert pod["spec"]["nodeSelector"]["kubernetes.azure.com/accelerator"] == "nvidia"
        assert {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"} in pod["spec"]["tolerations"]
        assert pod["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert "nvidia.com/gpu" not in str(found["query"])


def test_batch_jobs_give_way_and_may_lose_their_nodes() -> None:
    manifests = render(INSTALLATIONS["prod-spot"])
    (priority,) = of_kind(manifests, "PriorityClass").values()
    pod = services(manifests)["backfill"]
    assert pod["spec"]["priorityClassName"] == priority["metadata"]["name"]
    assert -10 < priority["value"] < 0
    assert pod["spec"]["nodeSelector"] == {"kubernetes.azure.com/scalesetpriority": "spot"}
    assert "priorityClassName" not in services(manifests)["inference"]["spec"]
    assert "nodeSelector" not in services(manifests)["inference"]["spec"]


def test_an_image_can_be_named_by_its_digest() -> None:
    digest = "sha256:" + "0" * 64
    changes = {"query.image": {"repository": "loupe/query", "tag": "1.2", "digest": digest}}
    assert container(services(render(CPU, changes))["query"])["image"] == f"loupe.azurecr.io/loupe/query:1.2@{digest}"
