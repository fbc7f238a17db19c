"""KEDA, the Gateway API and Prometheus accept what the chart renders, as far as their published types say.

TypeScript compares the resources, as literals, with the types: it finds fields that do not exist, those that are
missing, and values of another type or not among those that are named.
"""

import json
import subprocess
from pathlib import Path

import pytest

from loupe_local.azurite import node
from tests.factories import ROOT
from tests.helm import INSTALLATIONS, TOOLS, Manifest, render

COMPILER = ROOT / "services" / "frontend" / "node_modules" / "typescript" / "bin" / "tsc"
PACKAGES = {
    "keda.sh": "@kubernetes-models/keda",
    "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
    "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
}
OPTIONS = {"noEmit": True, "strict": True, "skipLibCheck": True, "module": "nodenext", "target": "es2022", "types": []}
EVERYTHING = {"monitoring.podMonitor.enabled": True, "monitoring.rules.enabled": True, "gateway.enabled": True}


def compile_resources(manifests: list[Manifest], folder: Path) -> str:
    """What TypeScript says of resources."""
    lines = []
    for number, manifest in enumerate(manifests):
        # Azure's own group has the same resources.
        group, version = manifest["apiVersion"].replace("azmonitoring.", "monitoring.").split("/")
        resource = {**manifest, "apiVersion": f"{group}/{version}"}
        module = f"{PACKAGES[group]}/{group}/{version}/{manifest['kind']}"
        lines.append(f'import type {{ I{manifest["kind"]} as R{number} }} from "{module}";')
        lines.append(f"export const r{number}: R{number} = {json.dumps(resource)};")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS}))
    (folder / "node_modules").symlink_to(TOOLS)
    (folder / "resources.ts").write_text("\n".join(lines))
    done = subprocess.run([node(), COMPILER, "--project", folder], capture_output=True, text=True)
    assert bool(done.returncode) == bool(done.stdout), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def resources() -> list[Manifest]:
    """All that are custom, of all installations."""
    found = [
        manifest
        for name, files in INSTALLATIONS.items()
        for manifest in render(files, EVERYTHING if name.startswith("prod") else {})
    ]
    return [manifest for manifest in found if manifest["apiVersion"].split("/")[0].replace("az", "") in PACKAGES]


def test_their_fields_are_those_of_the_published_types(resources: list[Manifest], tmp_path: Path) -> None:
    kinds = {manifest["kind"] for manifest in resources}
    assert kinds == {"ScaledObject", "TriggerAuthentication", "Gateway", "HTTPRoute", "PodMonitor", "PrometheusRule"}
    assert compile_resources(resources, tmp_path) == ""


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        ({"minReplicas": 1}, "Object literal may only specify known properties"),
        ({"pollingInterval": "10s"}, "Type 'string' is not assignable to type 'number'"),
        ({"fallback": {"replicas": 1}}, "is missing in type '{ replicas: number; }'"),
    ],
)
def test_a_mistake_would_be_found(
    resources: list[Manifest], tmp_path: Path, mistake: dict[str, object], complaint: str
) -> None:
    scaled = next(manifest for manifest in resources if manifest["kind"] == "ScaledObject")
    assert complaint in compile_resources([{**scaled, "spec": {**scaled["spec"], **mistake}}], tmp_path)
