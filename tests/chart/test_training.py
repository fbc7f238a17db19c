"""The job that trains a model anew: when it runs, as whom, where, and what becomes of it when it is interrupted."""

from typing import Any

import pytest

from loupe_training.command import parser
from loupe_training.settings import RetrainingSettings
from tests.chart.test_network import flows
from tests.chart.test_rendering import check
from tests.chart.test_settings import AZURE
from tests.helm import CPU, INSTALLATIONS, Manifest, container, environment, of_kind, pods, render, services

KEY: dict[str, object] = {
    "training.enabled": True,
    "training.model": "line-3",
    "training.apiKeySecret": {"name": "loupe-training", "key": "key"},
}
TENANT = {"LOUPE_ENTRA_TENANT": "00000000-0000-4000-8000-000000000009", "LOUPE_ENTRA_AUDIENCE": "loupe-api"}
IDENTITY: dict[str, object] = {
    "training.enabled": True,
    "training.model": "line-3",
    "identity.clientIds.training": "00000000-0000-4000-8000-000000000008",
    "query.settings": TENANT,
}
GPU: dict[str, object] = {"training.gpu.count": 1}


def job(manifests: list[Manifest]) -> dict[str, Any]:
    """The CronJob."""
    return dict(of_kind(manifests, "CronJob")["loupe-training"]["spec"])


def pod(manifests: list[Manifest]) -> Manifest:
    """Its pod."""
    return pods(manifests)["loupe-training"]


def test_there_is_none_unless_it_is_wanted(manifests: list[Manifest]) -> None:
    assert "training" not in services(manifests)
    assert "loupe-training" not in of_kind(manifests, "ServiceAccount")
    assert "training" not in str(of_kind(manifests, "NetworkPolicy"))


@pytest.mark.parametrize("installation", INSTALLATIONS)
@pytest.mark.parametrize("changes", [KEY, {**KEY, **GPU, "training.work.claim": "work", "training.promote": True}])
def test_kubernetes_knows_every_field_of_it(installation: str, changes: dict[str, object]) -> None:
    manifests = render(INSTALLATIONS[installation], changes)
    for version in ("1.34", "1.37"):
        check([of_kind(manifests, "CronJob")["loupe-training"], *of_kind(manifests, "NetworkPolicy").values()], version)


def test_without_a_schedule_it_waits_for_somebody_who_creates_a_job_from_it() -> None:
    assert job(render(CPU, KEY))["suspend"] is True
    scheduled = job(render(CPU, {**KEY, "training.schedule": "0 2 * * 6"}))
    assert (scheduled["suspend"], scheduled["schedule"]) == (False, "0 2 * * 6")
    assert scheduled["concurrencyPolicy"] == "Forbid"


def test_what_it_is_told_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {**KEY, **GPU, "training.promote": True, "training.args": ["--views=turned", "--cost=a b=5"]}
    arguments = container(pod(render(CPU, changes)))["args"]
    given = parser().parse_args(arguments)
    assert (given.name, str(given.work)) == ("line-3", "/work")
    assert (given.device, given.promote, given.views, given.cost) == ("cuda", True, "turned", [("a b", 5.0)])
    plain = parser().parse_args(container(pod(render(CPU, KEY)))["args"])
    assert (plain.device, plain.promote, plain.skip_bad) == ("cpu", False, True)

    told = environment(pod(render(CPU, KEY)))
    assert set(told) == {"LOUPE_KEY", "LOUPE_RUN", "LOUPE_URL", *AZURE}
    for name, value in told.items():
        monkeypatch.setenv(name, "value" if value is None else value)
    settings = RetrainingSettings.load()
    assert (settings.url, settings.scope) == ("http://loupe-query", None)


def test_pods_of_one_job_are_one_run() -> None:
    (variable,) = [one for one in container(pod(render(CPU, KEY)))["env"] if one["name"] == "LOUPE_RUN"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['batch.kubernetes.io/job-name']"


def test_having_to_leave_a_node_is_no_failure_and_what_cannot_succeed_is_not_tried_again() -> None:
    spec = job(render(CPU, {**KEY, "training.retries": 5, "training.deadlineSeconds": 7200}))["jobTemplate"]["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (5, 7200)
    leaving, hopeless = spec["podFailurePolicy"]["rules"]
    assert leaving == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert hopeless["action"] == "FailJob"
    assert hopeless["onExitCodes"] == {"containerName": "training", "operator": "In", "values": [2, 3]}
    # Kubernetes takes such a policy only so.
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["podReplacementPolicy"] == "Failed"


def test_its_work_outlives_it_on_a_volume() -> None:
    volumes = {one["name"]: one for one in pod(render(CPU, KEY))["spec"]["volumes"]}
    assert volumes["work"] == {"name": "work", "emptyDir": {"sizeLimit": "50Gi"}}
    kept = {one["name"]: one for one in pod(render(CPU, {**KEY, "training.work.claim": "work"}))["spec"]["volumes"]}
    assert kept["work"] == {"name": "work", "persistentVolumeClaim": {"claimName": "work"}}


def test_it_is_what_the_restricted_standard_asks_for() -> None:
    spec = pod(render(CPU, KEY))["spec"]
    made = container(pod(render(CPU, KEY)))
    assert spec["securityContext"]["runAsNonRoot"]
    assert not spec["automountServiceAccountToken"]
    assert made["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["name"] for mount in made["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert made["resources"]["limits"]["memory"]


def test_with_gpus_it_goes_where_they_are() -> None:
    with_gpu = pod(render(CPU, {**KEY, **GPU, "training.tolerations": [{"key": "a", "operator": "Exists"}]}))
    assert container(with_gpu)["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert with_gpu["spec"]["nodeSelector"] == {"kubernetes.azure.com/accelerator": "nvidia"}
    assert [one["key"] for one in with_gpu["spec"]["tolerations"]] == ["a", "sku"]
    without = pod(render(CPU, {**KEY, "training.priorityClassName": "patient"}))
    assert "nvidia.com/gpu" not in str(without)
    assert without["spec"]["priorityClassName"] == "patient"
    assert "nodeSelector" not in without["spec"]


def test_it_signs_in_as_itself_or_has_a_key() -> None:
    manifests = render(CPU, IDENTITY)
    account = of_kind(manifests, "ServiceAccount")["loupe-training"]
    assert pod(manifests)["spec"]["serviceAccountName"] == "loupe-training"
    assert account["metadata"]["annotations"] == {
        "azure.workload.identity/client-id": IDENTITY["identity.clientIds.training"]
    }
    told = environment(pod(manifests))
    assert (told["LOUPE_SCOPE"], "LOUPE_KEY" in told) == ("loupe-api/.default", False)

    with_key = render(CPU, KEY)
    assert "annotations" not in of_kind(with_key, "ServiceAccount")["loupe-training"]["metadata"]
    (key,) = [one for one in container(pod(with_key))["env"] if one["name"] == "LOUPE_KEY"]
    assert key["valueFrom"]["secretKeyRef"] == {"name": "loupe-training", "key": "key"}


def test_it_reaches_the_api_and_storage_and_nothing_else() -> None:
    needed = {("loupe-dns", 53), ("loupe-query", "http"), ("loupe-storage", 443)}
    with_key, with_identity = render(CPU, KEY), render(CPU, IDENTITY)
    assert flows(with_key, pod(with_key), "egress") == needed
    assert flows(with_identity, pod(with_identity), "egress") == needed | {("loupe-entra", 443)}
    assert flows(with_key, pod(with_key), "ingress") == set()
    (ingress,) = of_kind(with_key, "NetworkPolicy")["loupe-test"]["spec"]["ingress"]
    (peer,) = ingress["from"]
    assert peer["podSelector"]["matchExpressions"][0]["values"] == ["test", "training"]
