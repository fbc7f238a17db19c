"""What is in the images, and what is not."""

import json
import subprocess
from collections.abc import Mapping

import pytest

from tests.docker.conftest import BASE, IMAGE_NAMES
from tests.docker.engine import docker, run
from tests.factories import ROOT

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

REQUIREMENTS = ROOT / "requirements" / "images"
MB = 1_000_000

# Bytes of the whole image, unpacked. They guard against what slips in; docs/images.md has what they are.
LIMITS_MB = {"inference": 350}


def within(image: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """A command inside a container that has nothing else."""
    return run("run", "--rm", "--network", "none", "--read-only", "--entrypoint", command[0], image, *command[1:])


def config(image: str) -> dict[str, object]:
    """How containers of an image are started."""
    found: dict[str, object] = json.loads(docker("inspect", "--format", "{{json .Config}}", image))
    return found


def layers(image: str) -> list[str]:
    """Digests of what the layers hold."""
    found: list[str] = json.loads(docker("inspect", "--format", "{{json .RootFS.Layers}}", image))
    return found


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_nothing_can_be_installed_or_compiled(images: Mapping[str, str], name: str) -> None:
    for module in ("pip", "ensurepip"):
        assert f"No module named {module}" in within(images[name], "python", "-m", module, "--version").stderr
    for program in ("pip", "cc", "gcc", "make"):
        assert within(images[name], "sh", "-c", f"command -v {program}").stdout == ""


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_it_has_what_its_service_needs_and_no_more(images: Mapping[str, str], name: str) -> None:
    script = "import importlib.metadata as m; print(*(d.name.lower().replace('_', '-') for d in m.distributions()))"
    found = set(within(images[name], "python", "-c", script).stdout.split())
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    locked = {line.split("==")[0] for line in text.splitlines() if "==" in line}
    ours = {name for name in found if name.startswith("loupe-")}
    assert found - ours <= locked
    assert ours == {"loupe-shared", f"loupe-{name}"} | ({"loupe-client"} if name == "cli" else set())


@pytest.mark.parametrize("name", [*IMAGE_NAMES, "model"])
def test_it_does_not_run_as_root(images: Mapping[str, str], name: str) -> None:
    assert config(images[name])["User"] == "10001:10001"


@pytest.mark.parametrize("name", [*IMAGE_NAMES, "model"])
def test_it_says_what_it_is(images: Mapping[str, str], name: str) -> None:
    labels = config(images[name])["Labels"]
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    assert isinstance(labels, dict)
    assert labels["org.opencontainers.image.title"] == f"loupe-{name}"
    assert labels["org.opencontainers.image.revision"] == revision


def test_started_without_settings_it_says_which_is_missing(images: Mapping[str, str]) -> None:
    done = run("run", "--rm", "--network", "none", "--read-only", images["results"])
    assert done.returncode == 78
    assert done.stderr.startswith("results: LOUPE_")


def test_arguments_go_to_the_service(images: Mapping[str, str]) -> None:
    done = run("run", "--rm", "--network", "none", images["reconciler"], "twice")
    assert "invalid choice: 'twice'" in done.stderr


@pytest.mark.parametrize("name", IMAGE_NAMES)
def test_bytecode_is_there_already(images: Mapping[str, str], name: str) -> None:
    script = (
        "import pathlib, sysconfig; "
        "p = pathlib.Path(sysconfig.get_path('purelib')); "
        "print(*(f for f in p.rglob('*.py') if not any((f.parent / '__pycache__').glob(f.stem + '.*.pyc'))))"
    )
    done = within(images[name], "python", "-c", script)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("name", LIMITS_MB)
def test_it_is_small(images: Mapping[str, str], name: str) -> None:
    assert int(docker("inspect", "--format", "{{.Size}}", images[name])) < LIMITS_MB[name] * MB


def test_the_same_sources_make_the_same_layer(images: Mapping[str, str]) -> None:
    again = "loupe/results:again"
    options = ("--no-cache", "--file", "docker/Dockerfile", "--tag", again)
    try:
        docker("build", *options, "--build-arg", f"BASE={BASE}", "--build-arg", "SERVICE=results", str(ROOT))
        assert layers(again)[-1] == layers(images["results"])[-1]
    finally:
        run("rmi", again)


@pytest.mark.parametrize("file", ["Dockerfile", "model.Dockerfile"])
def test_hadolint_has_nothing_to_say(file: str) -> None:
    hadolint = ROOT / ".venv-docker" / "bin" / "hadolint"
    done = subprocess.run([hadolint, ROOT / "docker" / file], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
