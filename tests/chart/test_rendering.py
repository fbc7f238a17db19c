"""Kubernetes accepts what the chart renders."""

import pytest
import yaml
from kubernetes_validate import validate
from kubernetes_validate.utils import SchemaNotFoundError

from tests.helm import CHART, INSTALLATIONS, Manifest, render, run, values

# Kinds that Kubernetes does not have by itself. test_custom_resources.py checks these.
CUSTOM = {"ScaledObject", "TriggerAuthentication", "Gateway", "HTTPRoute", "PodMonitor", "PrometheusRule"}

# What an overlay does not switch on, so that it is looked at, too.
EVERYTHING: dict[str, object] = {
    "ingress": {"enabled": True, "host": "loupe.example.org", "tlsSecret": "loupe-tls", "annotations": {"a": "b"}},
    "gateway.enabled": False,
    "reconciler.schedule": "17 * * * *",
    "monitoring.podMonitor.enabled": True,
    "monitoring.rules.enabled": True,
    "ingestion.webhook.enabled": True,
    "image.pullSecrets": ["registry"],
    "inference.keda.enabled": False,
    "inference.hpa.enabled": True,
    "model": {"claim": "models", "path": "current", "image": {"repository": ""}},
}


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_helm_finds_nothing_to_complain_of(installation: str) -> None:
    run("lint", "--strict", CHART, *values(INSTALLATIONS[installation], {}))


@pytest.mark.parametrize("version", ["1.34", "1.37"])
def test_kubernetes_knows_every_field(manifests: list[Manifest], version: str) -> None:
    check(manifests, version)


def test_kubernetes_knows_every_field_of_what_is_seldom_used() -> None:
    check(render(INSTALLATIONS["prod-cpu"], EVERYTHING), "1.36")


def test_names_are_unique_and_accepted(manifests: list[Manifest]) -> None:
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for _, name in names)


def test_two_releases_have_nothing_in_common() -> None:
    text = run("template", "other", CHART, "--kube-version", "1.36.0", *values(INSTALLATIONS["dev"], {}))
    names = [manifest["metadata"]["name"] for manifest in yaml.safe_load_all(text) if manifest]
    assert all(name.startswith("other") for name in names)
    assert "loupe-query" not in text


def check(manifests: list[Manifest], version: str) -> None:
    """Validate strictly: unknown fields are refused, and unknown kinds but for those that are custom."""
    checked = 0
    for manifest in manifests:
        try:
            validate(manifest, version, strict=True)
            checked += 1
        except SchemaNotFoundError:
            assert manifest["kind"] in CUSTOM, manifest["kind"]
    assert checked
