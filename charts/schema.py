"""The schema of the chart's values: closed, so that a value which means nothing is refused."""

from typing import Any

from charts.settings import SERVICES, settable
from loupe_shared.bundle import NAME as MODEL

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
LABELS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
NAME: Schema = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$"}
# A tag that moves makes a rollback a rollout of something else.
TAG: Schema = {"type": "string", "pattern": "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$", "not": {"const": "latest"}}
DIGEST: Schema = {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}
# Without a tag in it: the tag is a value of its own.
REPOSITORY: Schema = {"type": "string", "pattern": "^([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9/._-]*$"}
CLIENT_ID: Schema = {"type": "string", "pattern": "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"}
QUANTITY: Schema = {"type": ["string", "number"], "pattern": "^[0-9.]+(m|k|M|G|Ki|Mi|Gi)?$"}
# An address that holds no password and no signature.
ADDRESS: Schema = {"type": "string", "pattern": "^(https?://[^@?]+)?$"}
ADDRESSES = ("LOUPE_BLOB_ENDPOINT", "LOUPE_QUEUE_ENDPOINT", "LOUPE_COSMOS_ENDPOINT")
UNSET_AT_FIRST = ("LOUPE_STORAGE_ACCOUNT",)


def values() -> Schema:
    """The whole."""
    components = {
        "query": _component("query", hpa=_hpa(), frontend=FLAG, searchByPicture=FLAG, replicas=_count(1)),
        "ingestion": _component(
            "ingestion",
            keda=_keda("messagesPerReplica"),
            hpa=_hpa(),
            webhook=_closed(enabled=FLAG),
            replicas=_count(1),
        ),
        "inference": _component(
            "inference",
            keda=_keda("jobsPerReplica"),
            hpa=_hpa(),
            replicas=_count(0),
            startupSeconds=_count(30),
            gpu=_gpu(engineClaim=NAME),
        ),
        "results": _component("results", keda=_keda("jobsPerReplica"), hpa=_hpa(), replicas=_count(1)),
        "reconciler": _component("reconciler", schedule=TEXT),
        "batch": _component("batch", enabled=FLAG),
        "training": _component(
            "training",
            enabled=FLAG,
            model={"type": "string", "pattern": f"{MODEL}|^$", "maxLength": 100},
            schedule=TEXT,
            promote=FLAG,
            args=_each(TEXT),
            apiKeySecret=_ref("secretKey"),
            work=_closed(claim=NAME, size=QUANTITY),
            gpu=_gpu(),
            deadlineSeconds=_count(60),
            retries=_count(0),
            priorityClassName=NAME,
        ),
    }
    backfill = _closed(
        enabled=FLAG,
        replicas=_count(0),
        keda=_keda("jobsPerReplica"),
        hpa=_hpa(),
        settings=_ref("settings-inference"),
        nodeSelector=LABELS,
        tolerations=_each(_ref("toleration")),
        priorityClass=_closed(create=FLAG, name=NAME),
    )
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by `make docs` from charts/schema.py and the services' settings. Change those instead.",
        **_closed(**_surroundings(), **components, backfill=backfill),
        "definitions": _definitions(),
    }


def _surroundings() -> dict[str, Schema]:
    everybody = {name: schema for service in SERVICES for name, schema in settable(service).items()}
    return {
        "global": {"type": "object"},  # Helm's own, for charts that have this one as a part
        "image": _closed(
            registry=TEXT, tag=TAG, pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]}, pullSecrets=_each(NAME)
        ),
        "settings": _settings(everybody),
        "secrets": _closed(
            **dict.fromkeys(
                ("brokerUrl", "brokerPassword", "webhookToken", "apiKeys", "storageKey", "cosmosKey"), _ref("secretKey")
            )
        ),
        "identity": _closed(enabled=FLAG, clientIds=_closed(**dict.fromkeys((*SERVICES, "keda"), CLIENT_ID))),
        "broker": _closed(address={"type": "string", "pattern": "^([^:/@]+:[0-9]+)?$"}, tls=FLAG),
        "model": _closed(image=_ref("image"), claim=NAME, path={"type": "string", "pattern": "^[^/].*$|^$"}),
        "sqlite": _closed(claim=NAME),
        "gateway": _closed(enabled=FLAG, className=TEXT, name=NAME, namespace=NAME, host=TEXT, tlsSecret=NAME),
        "ingress": _closed(enabled=FLAG, className=TEXT, host=TEXT, tlsSecret=NAME, annotations=LABELS),
        "networkPolicy": _closed(
            enabled=FLAG,
            **dict.fromkeys(("clients", "monitoring", "dns", "broker", "entra"), _each(_ref("peer"))),
            **dict.fromkeys(("storage", "cosmos"), _closed(to=_each(_ref("peer")), ports=_each(_ref("port")))),
        ),
        "monitoring": _closed(
            apiGroup={"enum": ["azmonitoring.coreos.com", "monitoring.coreos.com"]},
            port=_ref("port"),
            podMonitor=_closed(enabled=FLAG, interval={"type": "string", "pattern": "^[0-9]+(s|m)$"}, labels=LABELS),
            rules=_closed(
                enabled=FLAG,
                labels=LABELS,
                runbook=TEXT,
                backlogAgeSeconds=_count(1),
                failureShare=_share(),
                throttledShare=_share(),
            ),
        ),
        "test": _closed(image=_ref("image"), apiKeySecret=_ref("secretKey"), patienceSeconds=_count(1)),
    }


def _definitions() -> dict[str, Schema]:
    selector = {"type": "object", "properties": {"matchLabels": LABELS}, "additionalProperties": False}
    return {
        "image": _closed(repository=REPOSITORY, tag=TAG, digest=DIGEST),
        "secretKey": _closed(name=NAME, key={"type": "string", "pattern": "^[-._a-zA-Z0-9]+$"}),
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "peer": {
            **_closed(
                ipBlock=_closed(cidr=TEXT, **{"except": _each(TEXT)}), namespaceSelector=selector, podSelector=selector
            ),
            "minProperties": 1,
        },
        "toleration": _closed(key=TEXT, operator={"enum": ["Equal", "Exists"]}, value=TEXT, effect=TEXT),
        "resources": _closed(
            requests=_closed(cpu=QUANTITY, memory=QUANTITY), limits=_closed(cpu=QUANTITY, memory=QUANTITY)
        ),
        **{f"settings-{service}": _settings(settable(service)) for service in SERVICES},
    }


def _component(service: str, **more: Schema) -> Schema:
    return _closed(
        image=_ref("image"),
        settings=_ref(f"settings-{service}"),
        resources=_ref("resources"),
        nodeSelector=LABELS,
        tolerations=_each(_ref("toleration")),
        terminationGraceSeconds=_count(30),
        **more,
    )


def _settings(properties: dict[str, Schema]) -> Schema:
    """Settings by their variables. Those that every installation must say may be empty: the templates ask for them."""
    found = dict(properties)
    for name in ADDRESSES:
        if name in found:
            found[name] = {**found[name], **ADDRESS}
    for name in UNSET_AT_FIRST:
        if name in found:
            found[name] = {key: value for key, value in found[name].items() if key != "minLength"}
    return _closed(**found)


def _keda(target: str) -> Schema:
    return _closed(
        enabled=FLAG,
        minReplicas=_count(0),
        maxReplicas=_count(1),
        pollingSeconds=_count(1),
        cooldownSeconds=_count(0),
        stabilizationSeconds={**_count(0), "maximum": 3600},
        **{target: _count(1)},
    )


def _gpu(**more: Schema) -> Schema:
    return _closed(count=_count(0), nodeSelector=LABELS, tolerations=_each(_ref("toleration")), **more)


def _hpa() -> Schema:
    return _closed(enabled=FLAG, minReplicas=_count(1), maxReplicas=_count(1), cpuPercent={**_count(1), "maximum": 100})


def _closed(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _each(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _count(least: int) -> Schema:
    return {"type": "integer", "minimum": least}


def _share() -> Schema:
    return {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}
