"""Pods can do what they need, and nothing else."""

from typing import Any

from charts.settings import known
from tests.helm import CPU, INSTALLATIONS, Manifest, container, of_kind, pods, render, services

Flow = tuple[str, object]


def selects(selector: dict[str, Any], pod: Manifest) -> bool:
    """Whether a pod selector finds a pod."""
    labels = pod["metadata"]["labels"]
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        (labels.get(expression["key"]) in expression["values"]) == {"In": True, "NotIn": False}[expression["operator"]]
        for expression in selector.get("matchExpressions", [])
    )


def flows(manifests: list[Manifest], pod: Manifest, direction: str) -> set[Flow]:
    """What policies let through to or from a pod, by their names and ports."""
    return {
        (name, port["port"])
        for name, policy in of_kind(manifests, "NetworkPolicy").items()
        if selects(policy["spec"]["podSelector"], pod)
        for rule in policy["spec"].get(direction, [])
        for port in rule["ports"]
    }


def test_everything_is_denied_that_is_not_named(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    deny = policies["loupe-deny"]["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & deny.keys()
    assert all(selects(deny["podSelector"], pod) for pod in pods(manifests).values())
    for name, policy in policies.items():
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, []):
                assert rule[peers], name  # none would mean everybody
                assert rule["ports"], name  # and this, every port


def test_every_policy_is_about_pods_that_there_are(manifests: list[Manifest]) -> None:
    for name, policy in of_kind(manifests, "NetworkPolicy").items():
        found = [pod for pod in pods(manifests).values() if selects(policy["spec"]["podSelector"], pod)]
        assert found, name
        for rule in policy["spec"].get("ingress", []):
            ports = {port["name"] for pod in found for port in container(pod)["ports"]}
            assert {port["port"] for port in rule["ports"]} <= ports, name


def test_the_pods_of_the_gateway_are_left_alone() -> None:
    """Istio makes them, with the Gateway's labels, and knows itself who may talk to them."""
    manifests = render(CPU)
    (gateway,) = of_kind(manifests, "Gateway").values()
    for name, made in of_kind(manifests, "NetworkPolicy").items():
        assert not selects(made["spec"]["podSelector"], gateway), name
    for name, made in of_kind(manifests, "Service").items():
        assert not selects({"matchLabels": made["spec"]["selector"]}, gateway), name
    (monitor,) = of_kind(manifests, "PodMonitor").values()
    assert not selects(monitor["spec"]["selector"], gateway)
    assert all(selects(monitor["spec"]["selector"], pod) for pod in services(manifests).values())


def test_services_reach_what_their_settings_are_about() -> None:
    manifests = render(CPU)
    for name, pod in services(manifests).items():
        variables = known("inference" if name == "backfill" else name)
        expected: set[Flow] = {("loupe-dns", 53), ("loupe-entra", 443), ("loupe-broker", 10000)}
        if "LOUPE_BLOB_ENDPOINT" in variables:
            expected.add(("loupe-storage", 443))
        if "LOUPE_COSMOS_ENDPOINT" in variables:
            expected.add(("loupe-cosmos", 443))
        assert flows(manifests, pod, "egress") == expected, name


def test_workers_take_calls_from_prometheus_alone() -> None:
    manifests = render(CPU, {"ingestion.webhook.enabled": True})
    for name, pod in services(manifests).items():
        callers = {"query": {"loupe-clients", "loupe-test"}, "ingestion": {"loupe-clients"}}.get(name, set())
        assert flows(manifests, pod, "ingress") == {
            ("loupe-metrics", "metrics"),
            *((caller, "http") for caller in callers),
        }


def test_the_webhook_is_closed_unless_it_is_used() -> None:
    manifests = render(CPU)
    assert flows(manifests, services(manifests)["ingestion"], "ingress") == {("loupe-metrics", "metrics")}


def test_the_test_calls_the_api_and_storage() -> None:
    manifests = render(CPU)
    assert flows(manifests, pods(manifests)["loupe-test"], "egress") == {
        ("loupe-dns", 53),
        ("loupe-query", "http"),
        ("loupe-storage", 443),
    }


def test_neighbours_on_the_same_node_have_their_own_ports() -> None:
    manifests = render(INSTALLATIONS["local"])
    assert flows(manifests, services(manifests)["inference"], "egress") == {
        ("loupe-dns", 53),
        ("loupe-broker", 6379),
        ("loupe-storage", 10000),
        ("loupe-storage", 10001),
    }
