"""``helm test``: what its pod runs, run here, against a whole system."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loupe_local.stack import Stack
from tests.commands import NOBODY
from tests.helm import CPU, container, helm, of_kind, render


def run_pod(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the pod's command, with its ConfigMap mounted in a folder and its API at a URL."""
    if helm() is None:
        pytest.skip("there is no Helm: install Helm 4 (on Linux for x86-64, `make chart-test` brings it)")
    manifests = render(CPU)
    for name, content in of_kind(manifests, "ConfigMap")["loupe-test"]["binaryData"].items():
        (folder / name).write_bytes(base64.b64decode(content))
    made = container(of_kind(manifests, "Pod")["loupe-test"])
    (mount,) = [mount["mountPath"] for mount in made["volumeMounts"] if mount["name"] == "pictures"]
    arguments = [part.replace(mount, str(folder)) for part in [*made["command"], *made["args"]]]
    assert arguments[0] == "python"
    environment = {**os.environ, "LOUPE_URL": url, "COLUMNS": "200"}
    return subprocess.run([sys.executable, *arguments[1:]], env=environment, capture_output=True, text=True)


def test_a_picture_gets_its_label_by_the_pod_of_helm_test(stack: Stack, tmp_path: Path) -> None:
    for _ in range(2):  # the second time, the container has the picture already
        done = run_pod(stack.api, tmp_path)
        assert done.returncode == 0, done.stderr
        assert "helm-test/cup.jpg" in done.stdout
        assert "espresso" in done.stdout or "cup" in done.stdout


def test_the_pod_fails_if_nobody_answers(tmp_path: Path) -> None:
    done = run_pod(NOBODY, tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
