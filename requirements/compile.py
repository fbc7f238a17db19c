"""Makes the locks: ``make lock``.

``lock.txt`` is for all packages and tools of this repository, ``bench.txt`` for the same, in the same versions, and
what the benchmark needs beside them. ``checkov.txt`` is for a tool that needs more than everything else together, and
``infra.txt`` for what checks the templates of Azure's resources. They hold hashes and no addresses, for all systems and
Python versions at once. The GPU build of ONNX Runtime is in none, because that and the CPU build exclude each other.

    python compile.py              all
    python compile.py bench.txt    one
"""

import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"
UV = ROOT / ".venv-lock"
LEFT_OUT = ("gpu",)

# Of each lock: the dependency groups that are in it, and options. In this order: the second builds on the first.
LOCKS = {
    "lock.txt": (("dev",), ()),
    "bench.txt": (("dev", "bench"), ("--constraint", str(REQUIREMENTS / "lock.txt"))),
    "checkov.txt": (("checkov",), ()),
    "infra.txt": (("infra",), ("--constraint", str(REQUIREMENTS / "lock.txt"))),
}
# What does not run Loupe needs none of its packages.
WITHOUT_PACKAGES = ("checkov.txt", "infra.txt")


def packages() -> set[str]:
    """What the packages of this repository ask for, without each other."""
    found: set[str] = set()
    for file in sorted([*ROOT.glob("*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]):
        project = tomllib.loads(file.read_text())["project"]
        extras = project.get("optional-dependencies", {})
        found.update(project["dependencies"], *(names for extra, names in extras.items() if extra not in LEFT_OUT))
    return {name for name in found if not name.startswith("loupe-")}


def tools(groups: Iterable[str]) -> set[str]:
    """What some dependency groups ask for."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return {name for group in groups for name in declared[group]}


def compile_lock(name: str) -> None:
    """Let uv choose versions."""
    groups, constraints = LOCKS[name]
    options = ["--universal", "--python-version", "3.11", "--upgrade", "--generate-hashes", "--no-emit-index-url"]
    command = [
        str(UV / "bin" / "uv"),
        "pip",
        "compile",
        "-",
        *options,
        *constraints,
        "--no-header",
        "--no-annotate",
        "--output-file",
        str(REQUIREMENTS / name),
    ]
    wanted = tools(groups) | (set() if name in WITHOUT_PACKAGES else packages())
    text = "\n".join(sorted(wanted))
    done = subprocess.run(command, input=text, text=True, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    """Make the locks that are named, or all."""
    if not UV.exists():
        venv.create(UV, with_pip=True)
        subprocess.run([UV / "bin" / "pip", "install", "--quiet", "uv"], check=True)  # noqa: S603
    for name in sys.argv[1:] or LOCKS:
        compile_lock(name)


if __name__ == "__main__":
    main()
