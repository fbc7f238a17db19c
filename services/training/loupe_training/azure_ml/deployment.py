"""The folder of a batch deployment.

bundle/                    the model
code/                      the scoring script, and the code that it runs
environment/conda.yaml     what that needs, pinned
model.yaml, endpoint.yaml, deployment.yaml
README.md                  the commands
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from string import Template

from loupe_shared.bundle import MANIFEST_FILE, Bundle
from loupe_shared.errors import ConfigurationError
from loupe_shared.result import Precision
from loupe_training.azure_ml.sources import copy_code
from loupe_training.datasets.folder import appearing

HERE = Path(__file__).parent
TEMPLATES = ("model.yaml", "endpoint.yaml", "deployment.yaml", "environment/conda.yaml", "README.md")

# As Azure ML wants them, of endpoints and of compute.
ENDPOINT = r"^[A-Za-z](?:[A-Za-z0-9-]{1,30})[A-Za-z0-9]$"
COMPUTE = r"^[A-Za-z][A-Za-z0-9-]{1,31}$"


@dataclass(frozen=True)
class Wanted:
    """What a person decides about a deployment; the rest is in its files, to be edited.

    Attributes:
        endpoint: its name; none for that of the model.
        compute: name of the cluster that runs it.
        instances: how many of its nodes.
        precision: which of the bundle's graphs.
    """

    endpoint: str | None
    compute: str
    instances: int
    precision: Precision


def write_deployment(bundle: Bundle, wanted: Wanted, to: Path) -> None:
    """Write the folder, or nothing.

    Args:
        bundle: to be deployed.
        wanted: by whom it is deployed.
        to: the folder, which must not be there yet.

    Raises:
        ConfigurationError: the bundle has no graph of this precision, or a name is none that Azure ML takes.
        InvalidDataset: the folder is there already, or the disk does not take it.
    """
    manifest = bundle.manifest
    bundle.model_path(wanted.precision)
    values = {
        "name": manifest.name,
        "version": str(manifest.version),
        "licence": json.dumps(manifest.provenance.licence),
        "weights": json.dumps(manifest.provenance.weights),
        "preprocessing_hash": manifest.preprocessing_hash,
        "endpoint": _endpoint(manifest.name if wanted.endpoint is None else wanted.endpoint),
        "compute": _compute(wanted.compute),
        "instances": str(wanted.instances),
        "precision": wanted.precision.value,
        "packages": "\n".join(f"      - {json.dumps(package)}" for package in packages()),
    }
    with appearing(to) as folder:
        (folder / "bundle").mkdir()
        for name in (MANIFEST_FILE, *manifest.files):
            shutil.copyfile(bundle.folder / name, folder / "bundle" / name)
        (folder / "code").mkdir()
        copy_code(folder / "code")
        (folder / "environment").mkdir()
        for name in TEMPLATES:
            template = Template((HERE / "templates" / Path(name).name).read_text(encoding="utf-8"))
            (folder / name).write_text(template.substitute(values), encoding="utf-8")


def packages() -> list[str]:
    """What the environment has, pinned: ``name==version``, with the condition under which it is needed, if any."""
    lock = (HERE / "requirements.txt").read_text(encoding="utf-8")
    return [line.removesuffix("\\").strip() for line in lock.splitlines() if re.match(r"[\w.-]+(\[\S*\])?==", line)]


def _endpoint(name: str) -> str:
    if not re.fullmatch(ENDPOINT, name):
        raise ConfigurationError(
            f"--endpoint: {name!r} is no name that an endpoint can have: write 3 to 32 letters, digits and hyphens, "
            "beginning with a letter and not ending with a hyphen"
        )
    return name


def _compute(name: str) -> str:
    if not re.fullmatch(COMPUTE, name):
        raise ConfigurationError(
            f"--compute: {name!r} is no name that a cluster can have: write 2 to 32 letters, digits and hyphens, "
            "beginning with a letter"
        )
    return name
