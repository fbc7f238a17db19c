"""Pods as options of Docker: what the chart asks for is asked of Docker, and nothing is left out unnoticed."""

from typing import Any

import pytest

from tests.docker.manifests import Document, Unknown, arguments, files, options, pods, services, size

SECRETS = {"broker": {"url": "redis://broker"}}
CONTAINER: Document = {
    "name": "work",
    "image": "loupe/results:1",
    "command": ["python", "-m", "loupe_results"],
    "args": ["once"],
    "env": [
        {"name": "LOUPE_LOG_LEVEL", "value": "INFO"},
        {"name": "LOUPE_BROKER_URL", "valueFrom": {"secretKeyRef": {"name": "broker", "key": "url"}}},
    ],
    "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "250m", "memory": "512Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "ports": [{"name": "http", "containerPort": 8000}],
}
POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10002,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def deployment(container: Document = CONTAINER, **spec: Any) -> Document:  # noqa: ANN401
    """A Deployment."""
    template = {"metadata": {"labels": {"part": "a", "of": "b"}}, "spec": {"containers": [container], **spec}}
    return {"kind": "Deployment", "metadata": {"name": "results"}, "spec": {"template": template}}


def test_security_limits_and_environment_become_options() -> None:
    pod = pods([deployment(securityContext=POD_SECURITY)])["results"]
    assert options(pod, pod.container, SECRETS) == [
        *("--user", "10001:10001", "--group-add", "10002", "--read-only"),
        *("--security-opt", "no-new-privileges", "--cap-drop", "ALL"),
        *("--cpus", "0.25", "--memory", "536870912"),
        *("--env", "LOUPE_LOG_LEVEL=INFO", "--env", "LOUPE_BROKER_URL=redis://broker"),
        *("--entrypoint", "python"),
    ]
    assert arguments(pod.container) == ["-m", "loupe_results", "once"]


@pytest.mark.parametrize(
    "changes",
    [
        {"envFrom": []},
        {"securityContext": {"privileged": True}},
        {"securityContext": {"runAsNonRoot": True}},
        {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
        {"resources": {"limits": {"nvidia.com/gpu": 1}}},
    ],
)
def test_what_is_not_understood_is_refused(changes: Document) -> None:
    pod = pods([deployment(CONTAINER | changes)])["results"]
    with pytest.raises(Unknown):
        options(pod, pod.container, SECRETS)


def test_a_pod_that_is_not_understood_is_refused() -> None:
    with pytest.raises(Unknown, match="hostNetwork"):
        pods([deployment(hostNetwork=True)])


def test_a_service_is_found_by_its_labels_and_its_ports_by_their_names() -> None:
    def service(name: str, **selector: str) -> Document:
        return {
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": selector, "ports": [{"port": 80, "targetPort": "http"}, {"port": 1, "targetPort": 2}]},
        }

    documents = [deployment(), service("mine", part="a"), service("other", part="c")]
    pod = pods(documents)["results"]
    assert services(documents, pod) == {"mine": [(80, 8000), (1, 2)]}


def test_files_come_from_secrets_and_config_maps() -> None:
    documents = [
        {"kind": "ConfigMap", "metadata": {"name": "words"}, "data": {"a": "x"}, "binaryData": {"b": "AAE="}},
    ]
    secret = {"secret": {"secretName": "broker", "items": [{"key": "url", "path": "file"}]}}
    assert files(secret, documents, SECRETS) == {"file": b"redis://broker"}
    assert files({"configMap": {"name": "words"}}, documents, {}) == {"a": b"x", "b": b"\x00\x01"}


@pytest.mark.parametrize(("quantity", "expected"), [("512Mi", 512 << 20), ("2Gi", 2 << 30), (100, 100)])
def test_quantities(quantity: object, expected: int) -> None:
    assert size(quantity) == expected
