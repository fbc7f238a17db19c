"""Makes ``lock.txt``, the one lock for all packages and tools of this repository: ``make lock``.

It holds hashes and no addresses, for all systems and Python versions at once. The GPU build of ONNX Runtime is not in
it, because that and the CPU build exclude each other.
"""

import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "lock.txt"
UV = ROOT / ".venv-lock"
LEFT_OUT = ("gpu",)


def requirements() -> set[str]:
    """What the packages of this repository and its tools ask for, without each other."""
    found: set[str] = set()
    for file in [ROOT / "shared" / "pyproject.toml", *sorted(ROOT.glob("services/*/pyproject.toml"))]:
        project = tomllib.loads(file.read_text())["project"]
        extras = project.get("optional-dependencies", {})
        found.update(project["dependencies"], *(names for extra, names in extras.items() if extra not in LEFT_OUT))
    found.update(tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"])
    return {name for name in found if not name.startswith("loupe-")}


def main() -> None:
    """Let uv choose versions."""
    if not UV.exists():
        venv.create(UV, with_pip=True)
        subprocess.run([UV / "bin" / "pip", "install", "--quiet", "uv"], check=True)  # noqa: S603
    options = ["--universal", "--python-version", "3.11", "--upgrade", "--generate-hashes", "--no-emit-index-url"]
    command = [
        UV / "bin" / "uv",
        "pip",
        "compile",
        "-",
        *options,
        "--no-header",
        "--no-annotate",
        "--output-file",
        LOCK,
    ]
    text = "\n".join(sorted(requirements()))
    done = subprocess.run(  # noqa: S603
        [str(part) for part in command], input=text, text=True, stdout=subprocess.DEVNULL, check=False
    )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
