"""Docker, through its command line. All that is made here has a label of this process, by which it is removed."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from loupe_shared.errors import TransientError

DOCKER = os.environ.get("DOCKER") or "docker"
LABEL = f"loupe-test={os.getpid()}"


class DockerFailed(TransientError):
    """A command of Docker's did not do what it was told."""


def docker(*arguments: str, stdin: str = "", timeout_s: float = 600) -> str:
    """What a command of Docker's says.

    Raises:
        DockerFailed: with the end of what it says about it.
    """
    done = run(*arguments, stdin=stdin, timeout_s=timeout_s)
    if done.returncode:
        raise DockerFailed(f"docker {arguments[0]}: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout.strip()


def run(*arguments: str, stdin: str = "", timeout_s: float = 600) -> "subprocess.CompletedProcess[str]":
    """A command of Docker's, whatever comes of it."""
    return subprocess.run(
        [DOCKER, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
    )


def is_there() -> bool:
    """Whether Docker is installed and answers."""
    return shutil.which(DOCKER) is not None and run("info", timeout_s=30).returncode == 0


def remove_all() -> None:
    """Remove what has the label: containers first, because they hold the others."""
    for kind, removal in (("container", ("rm", "--force", "--volumes")), ("network", ("rm",)), ("volume", ("rm",))):
        ended_too = ("--all",) if kind == "container" else ()
        listed = docker(kind, "ls", *ended_too, "--quiet", "--filter", f"label={LABEL}")
        if listed:
            docker(kind, *removal, *listed.split())


@dataclass(frozen=True)
class Container:
    """A container by its name. It may have ended."""

    name: str

    @classmethod
    def start(cls, name: str, image: str, *options: str, command: Sequence[str] = ()) -> Self:
        """Run one in the background. Options are those of ``docker run``."""
        docker("run", "--detach", "--name", name, "--label", LABEL, *options, image, *command)
        return cls(name)

    def state(self) -> dict[str, Any]:
        """What Docker knows of its process."""
        found: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", self.name))
        return found

    def address(self, network: str) -> str:
        """Its IP address."""
        networks = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", self.name))
        found: str = networks[network]["IPAddress"]
        return found

    def logs(self) -> str:
        """What it has said so far."""
        said = run("logs", self.name)
        return said.stdout + said.stderr

    def execute(self, *command: str, user: str | None = None, stdin: str = "", timeout_s: float = 60) -> int:
        """Exit code of a command inside."""
        options = ("--interactive", *(("--user", user) if user else ()))
        return run("exec", *options, self.name, *command, stdin=stdin, timeout_s=timeout_s).returncode

    def stop(self, grace_s: int) -> int:
        """Ask it to end as Kubernetes does, and return its exit code: 137 if it took longer."""
        docker("stop", "--time", str(grace_s), self.name)
        return int(self.state()["ExitCode"])

    def kill(self) -> None:
        """End it at once, as a crash would."""
        docker("kill", self.name)

    def remove(self) -> None:
        """End it at once and forget it."""
        docker("rm", "--force", self.name)
