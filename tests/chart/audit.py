"""Lets Checkov look at what the chart renders in production: ``make chart-audit``."""

import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import yaml

from tests.factories import ROOT
from tests.helm import INSTALLATIONS, NAMESPACE, helm, render

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
OPTIONAL: dict[str, object] = {
    "ingestion.webhook.enabled": True,
    "training.enabled": True,
    "training.model": "line-3",
    "training.gpu.count": 1,
    "training.apiKeySecret.name": "loupe-training",
}
CONFIGURATION = ROOT / "charts" / "checkov.yaml"


def main() -> int:
    """Returns Checkov's exit code, which is not 0 if it has found something."""
    if helm() is None:
        sys.exit("there is no Helm: install Helm 4")
    manifests = deepcopy(render(INSTALLATIONS["prod-gpu"], OPTIONAL))
    for manifest in manifests:
        manifest["metadata"]["namespace"] = NAMESPACE  # as Helm does it when it installs
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "chart.yaml").write_text(yaml.safe_dump_all(manifests), encoding="utf-8")
        command = [str(CHECKOV), "--directory", folder, "--config-file", str(CONFIGURATION)]
        return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
