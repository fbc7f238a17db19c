"""Pods as containers of Docker: what Kubernetes does with a pod on one node.

A pod has a container that does nothing. It holds the network and the volumes, which therefore stay when a container
with a program in it ends and another takes its place.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.docker.engine import LABEL, Container, docker
from tests.docker.manifests import Document, Pod, arguments, files, options, services
from tests.waiting import wait_for

FORWARD = (Path(__file__).parent / "forward.py").read_text()


@dataclass(frozen=True)
class Node:
    """Where pods run.

    Attributes:
        network: of all pods.
        base: image of the containers that do nothing.
        documents: the chart's, as rendered.
        secrets: values by key, by the names of Secrets.
    """

    network: str
    base: str
    documents: Sequence[Document]
    secrets: Mapping[str, Mapping[str, str]]


class RunningPod:
    """A pod on a node. Its init containers have ended well, and its container has been started.

    Args:
        node: where it runs.
        pod: of the chart.
    """

    def __init__(self, node: Node, pod: Pod) -> None:
        self.pod = pod
        self._node = node
        self._volumes = {volume["name"]: self._volume(volume) for volume in pod.spec.get("volumes", ())}
        self._sandbox = self._start_sandbox()
        self._fill()
        for container in pod.spec.get("initContainers", ()):
            init = self._run(container, f"{node.network}-{pod.name}-{container['name']}")
            assert docker("wait", init.name) == "0", init.logs()
            init.remove()
        self.container = self.start()

    @property
    def address(self) -> str:
        """Its IP address, which this machine reaches."""
        return self._sandbox.address(self._node.network)

    def start(self) -> Container:
        """Start its container, also again after it has ended, and forget that one."""
        name = f"{self._node.network}-{self.pod.name}"
        docker("rm", "--force", name)
        self.container = self._run(self.pod.container, name)
        return self.container

    def is_started(self) -> bool:
        """Whether its startup probe succeeds now; for a pod without one, whether it runs."""
        assert self.container.state()["Running"], self.container.logs()
        return self._probe("startupProbe")

    def is_ready(self) -> bool:
        """Whether its startup probe and its readiness probe succeed now."""
        return self.is_started() and self._probe("readinessProbe")

    def is_alive(self) -> bool:
        """Whether its liveness probe succeeds now."""
        return self._probe("livenessProbe")

    def wait_until_ready(self) -> None:
        """As Kubernetes does before it sends work."""
        wait_for(self.is_ready, f"{self.pod.name} to be ready")

    def stop(self) -> int:
        """End its container as Kubernetes does. Returns its exit code."""
        return self.container.stop(self.pod.grace_s)

    def cut_off(self) -> None:
        """Take its network away."""
        docker("network", "disconnect", self._node.network, self._sandbox.name)

    def connect(self) -> None:
        """Give its network back."""
        docker("network", "connect", *self._aliases(), self._node.network, self._sandbox.name)

    def _volume(self, volume: Document) -> str:
        """Name of Docker's volume. Those of claims are shared with other pods."""
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        name = f"{self._node.network}-{claim}" if claim else f"{self._node.network}-{self.pod.name}-{volume['name']}"
        docker("volume", "create", "--label", LABEL, name)
        return name

    def _start_sandbox(self) -> Container:
        mounts = (option for name, volume in self._volumes.items() for option in ("--volume", f"{volume}:/v/{name}"))
        ports = [f"{a}:{b}" for pairs in services(self._node.documents, self.pod).values() for a, b in pairs]
        return Container.start(
            f"{self._node.network}-{self.pod.name}-sandbox",
            self._node.base,
            *("--network", self._node.network, *self._aliases(), "--init", "--entrypoint", "python3", *mounts),
            command=["-c", FORWARD, *ports],
        )

    def _aliases(self) -> list[str]:
        return [option for name in services(self._node.documents, self.pod) for option in ("--network-alias", name)]

    def _fill(self) -> None:
        """Let the pod's group own its volumes, and write what Secrets and ConfigMaps hold."""
        group = self.pod.spec.get("securityContext", {}).get("fsGroup")
        for volume in self.pod.spec.get("volumes", ()):
            folder = f"/v/{volume['name']}"
            if "secret" in volume or "configMap" in volume:
                for name, content in files(volume, self._node.documents, self._node.secrets).items():
                    self._sandbox_does(f"base64 -d > {folder}/{name}", stdin=base64.b64encode(content).decode())
            elif group is not None:
                self._sandbox_does(f"chgrp {group} {folder} && chmod 2775 {folder}")
            else:
                self._sandbox_does(f"chmod 1777 {folder}")

    def _sandbox_does(self, script: str, stdin: str = "") -> None:
        assert self._sandbox.execute("sh", "-c", script, stdin=stdin) == 0, script

    def _run(self, container: Document, name: str) -> Container:
        mounts = [
            option
            for mount in container.get("volumeMounts", ())
            for option in (
                "--volume",
                f"{self._volumes[mount['name']]}:{mount['mountPath']}{':ro' if mount.get('readOnly') else ''}",
            )
        ]
        given = options(self.pod, container, self._node.secrets)
        network = ("--network", f"container:{self._sandbox.name}")
        return Container.start(name, container["image"], *network, *given, *mounts, command=arguments(container))

    def _probe(self, kind: str) -> bool:
        probe = self.pod.container.get(kind)
        if probe is None:
            return True
        if "exec" in probe:
            return self.container.execute(*probe["exec"]["command"], timeout_s=60) == 0
        wanted = probe["httpGet"]
        ports = {port["name"]: port["containerPort"] for port in self.pod.container["ports"]}
        url = f"http://{self.address}:{ports.get(wanted['port'], wanted['port'])}{wanted['path']}"
        try:
            return httpx2.get(url, timeout=probe.get("timeoutSeconds", 1)).is_success
        except httpx2.TransportError:
            return False


def memory_bytes(container: Container) -> int:
    """Memory that a container's processes use now, without what the system keeps of files."""
    text = json.loads(docker("stats", "--no-stream", "--format", "{{json .MemUsage}}", container.name))
    amount = str(text).split("/", maxsplit=1)[0].strip()
    number = amount.rstrip("KMGiB")
    return int(float(number) * {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[amount[len(number) :]])
