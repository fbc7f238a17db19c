"""Makes the locks: ``make lock``.

``lock.txt`` is for all packages and tools of this repository, ``bench.txt`` for the same, in the same versions, and
what the benchmark needs beside them. ``docker.txt``, ``checkov.txt`` and ``infra.txt`` are for tools that look at
container images, at the chart, and at the templates of Azure's resources. Each file of ``images/`` is for the container
image of its name: what the service needs, in the versions of ``lock.txt``, and no more. They hold hashes and no
addresses, for all systems and Python versions at once. The lock of Azure ML's batch deployments lies with the code that
they run. The GPU builds of ONNX Runtime are only in the files of GPU images, because they and the CPU build exclude
each other; torch is only in that of training, which alone needs it.

    python compile.py                          all
    python compile.py bench.txt images/cli.txt    some
"""

import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"
UV = ROOT / ".venv-lock"
LEFT_OUT = ("gpu", "gpu-cuda12", "torch", "azureml")

# Images that are not a service as it is: package and extras.
IMAGES = {
    "cli": "loupe-cli",
    "inference": "loupe-inference[cpu]",
    "inference-gpu": "loupe-inference[gpu]",
    "inference-gpu-cuda12": "loupe-inference[gpu-cuda12]",
    "training": "loupe-training[torch]",
}
NO_IMAGE = ("loupe-local",)

# What a batch deployment of Azure ML runs: decoding and ONNX Runtime, beside Azure's own packages.
AZURE_ML = "../services/training/loupe_training/azure_ml/requirements.txt"

PROJECTS: dict[str, dict[str, Any]] = {
    project["name"]: project
    for file in sorted([*ROOT.glob("*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")])
    for project in [tomllib.loads(file.read_text())["project"]]
}
GROUPS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]


def everything(*groups: str) -> set[str]:
    """What the packages of this repository and some dependency groups ask for, without each other."""
    found: set[str] = set()
    for project in PROJECTS.values():
        extras = project.get("optional-dependencies", {})
        found.update(project["dependencies"], *(names for extra, names in extras.items() if extra not in LEFT_OUT))
    found.update(*(GROUPS[group] for group in groups))
    return {name for name in found if not name.startswith("loupe-")}


def needs(package: str) -> set[str]:
    """What a package of this repository, such as ``loupe-shared[web]``, asks for, and what those of ours ask for."""
    name, _, extras = re.sub(r"\s", "", package).rstrip("]").partition("[")
    project = PROJECTS[name]
    asked: list[str] = [*project["dependencies"]]
    for extra in filter(None, extras.split(",")):
        asked += project["optional-dependencies"][extra]
    ours = {other for other in asked if other.startswith("loupe-")}
    return set(asked) - ours | {found for other in ours for found in needs(other)}


def images() -> dict[str, str]:
    """The package of each image that has a Python environment, by the image's name."""
    services = (file.parent.name for file in ROOT.glob("services/*/pyproject.toml"))
    packages = {name: f"loupe-{name}" for name in services}
    return {name: package for name, package in (packages | IMAGES).items() if package not in NO_IMAGE}


def scoring() -> set[str]:
    """What the scoring script of a batch deployment needs: what of it ``lock.txt`` has, in no other version.

    Azure's packages exclude the newest NumPy, and others of that lock on which no answer depends.
    """
    imaging = PROJECTS["loupe-shared"]["optional-dependencies"]["imaging"]
    runtime = PROJECTS["loupe-inference"]["optional-dependencies"]["cpu"]
    ours = {name_of(need) for need in {*PROJECTS["loupe-shared"]["dependencies"], *imaging, *runtime}} - {"numpy"}
    lines = (line.removesuffix("\\").strip() for line in (REQUIREMENTS / "lock.txt").read_text().splitlines())
    return {line for line in lines if "==" in line and name_of(line) in ours} | set(GROUPS["azure-ml"])


def name_of(requirement: str) -> str:
    """The name of what is asked for."""
    return re.split(r"[\[<>=;~ ]", requirement)[0]


def locks() -> dict[str, tuple[set[str], tuple[str, ...]]]:
    """What is in each lock, and options. In this order: the others build on the first."""
    everywhere = ("--universal",)
    same = (*everywhere, "--constraint", str(REQUIREMENTS / "lock.txt"))
    return {
        "lock.txt": (everything("dev"), everywhere),
        "bench.txt": (everything("dev", "bench"), same),
        "checkov.txt": (set(GROUPS["checkov"]), everywhere),
        "docker.txt": (set(GROUPS["docker"]), everywhere),
        "infra.txt": (set(GROUPS["infra"]), same),
        "build.txt": (set(GROUPS["build"]), same),
        AZURE_ML: (scoring(), ("--python-platform", "x86_64-manylinux_2_28")),
        **{f"images/{name}.txt": (needs(package), same) for name, package in sorted(images().items())},
    }


def compile_lock(name: str, wanted: Iterable[str], more: Iterable[str]) -> None:
    """Let uv choose versions."""
    options = ["--python-version", "3.11", "--upgrade", "--generate-hashes", "--no-emit-index-url"]
    command = [
        str(UV / "bin" / "uv"),
        "pip",
        "compile",
        "-",
        *options,
        *more,
        "--no-header",
        "--no-annotate",
        "--output-file",
        str(REQUIREMENTS / name),
    ]
    text = "\n".join(sorted(wanted))
    done = subprocess.run(command, input=text, text=True, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Make the locks that are named, or all."""
    if not UV.exists():
        venv.create(UV, with_pip=True)
        subprocess.run([UV / "bin" / "pip", "install", "--quiet", "uv"], check=True)  # noqa: S603
    known = locks()
    for name in sys.argv[1:] or known:
        compile_lock(name, *known[name])


if __name__ == "__main__":
    main()
