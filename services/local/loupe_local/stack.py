"""Starting and ending everything, in order."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import httpx2

from loupe_local.azurite import (
    ACCOUNT,
    CONTAINER,
    EVENT_QUEUE,
    KEY,
    MODELS,
    OUTPUT,
    THUMBNAILS,
    Azurite,
    StoragePorts,
)
from loupe_local.bridge import Bridge
from loupe_local.child import Child
from loupe_local.interrupts import undisturbed
from loupe_local.models import name_of, release_bundle
from loupe_local.ports import LOOPBACK, require_free
from loupe_local.valkey import Valkey
from loupe_shared.errors import ConfigurationError

MIN_FREE_BYTES = 500_000_000
MAX_RESTARTS = 5

# In this order they start; in the reverse order they end, so that who writes ends before whom it writes to.
FIRST = ("results", "query", "inference", "ingestion", "reconciler")
# New images do not need these, so nobody waits for them.
FOR_BATCH_JOBS = ("batch", "backfill")
SERVICES = FIRST + FOR_BATCH_JOBS

# The worker of batch jobs is an inference worker.
MODULES = {"backfill": "loupe_inference"}

# They follow the release of the model, unless they are told to follow a folder.
FOLLOWERS = ("inference", "backfill")


@dataclass(frozen=True)
class StackConfig:
    """Where everything is.

    Attributes:
        state: folder for data and logs, kept between runs.
        model_bundle: folder of the model to begin with.
        api_port: of the query API.
        ingestion_port: of the webhook for events.
        env: more environment variables for the services. With LOUPE_MODEL_BUNDLE, workers follow that folder and no
            release.
        frontend: folder of the built front end; unset for none.
        metrics_ports: where services give their metrics; those that it does not name do not.
        is_released: whether the model is registered, and released if no version of it is. Otherwise workers wait until
            somebody does that.
    """

    state: Path
    model_bundle: Path
    api_port: int
    ingestion_port: int
    storage: StoragePorts
    env: tuple[tuple[str, str], ...] = ()
    frontend: Path | None = None
    metrics_ports: Mapping[str, int] = field(default_factory=dict)
    is_released: bool = True


class Stack:
    """Broker, storage, bridge and the services. A context: on leaving it, everything that it started has ended."""

    def __init__(self, config: StackConfig, progress: Callable[[str], None] = lambda _: None) -> None:
        self.config = config
        self.api = f"http://{LOOPBACK}:{config.api_port}"
        self.webhook = f"http://{LOOPBACK}:{config.ingestion_port}/events"
        self.children: dict[str, Child] = {}
        self._logs = config.state / "logs"
        self._ports = {"query": config.api_port, "ingestion": config.ingestion_port}
        self._restarts: Counter[str] = Counter()
        self._progress = progress

    def __enter__(self) -> Self:
        """See ``start``."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """See ``stop``."""
        self.stop()

    def start(self) -> None:
        """Start everything and wait until it is ready.

        Raises:
            ConfigurationError: something did not start; nothing is left running.
        """
        try:
            self._check_machine()
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, last first. A second Ctrl-C does not leave half of it running."""
        with undisturbed():
            while self.children:
                _, child = self.children.popitem()
                child.stop()

    def check(self) -> None:
        """Return if everything runs. Services that ended are started again, as Kubernetes would, but not for ever.

        Raises:
            ConfigurationError: something ended for good.
        """
        for name, child in self.children.copy().items():
            if child.has_ended() and name in SERVICES and self._restarts[name] < MAX_RESTARTS:
                self._restarts[name] += 1
                self._spawn(name)
            else:
                child.check()

    def restart(self, service: str) -> None:
        """Start the broker or a service that has ended, and wait until it is ready."""
        if service == "valkey":
            self.children[service] = self.valkey.start()
        else:
            self._spawn(service).wait_until(partial(self._is_ready, service))

    def environment(self) -> dict[str, str]:
        """What the services are told: this process's environment without settings of Loupe's that it may hold."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        return {
            **inherited,
            "LOUPE_BROKER_URL": self.valkey.url,
            "LOUPE_VISIBILITY_TIMEOUT_S": "60",
            "LOUPE_EVENT_TIMEOUT_S": "30",
            "LOUPE_SWEEP_INTERVAL_S": "300",
            "LOUPE_SWEEP_GRACE_S": "2",  # events take a tenth of that here, and what the last run missed is older
            "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
            "LOUPE_STORAGE_KEY": KEY,
            "LOUPE_BLOB_ENDPOINT": self.azurite.blob_endpoint,
            "LOUPE_QUEUE_ENDPOINT": self.azurite.queue_endpoint,
            "LOUPE_IMAGE_CONTAINER": CONTAINER,
            "LOUPE_THUMBNAIL_CONTAINER": THUMBNAILS,
            "LOUPE_OUTPUT_CONTAINER": OUTPUT,
            "LOUPE_MODEL_CONTAINER": MODELS,
            "LOUPE_EVENT_QUEUE": EVENT_QUEUE,
            "LOUPE_MODEL_BUNDLE": str(self.config.model_bundle.resolve()),
            "LOUPE_SQLITE_PATH": str(self.config.state / "results.sqlite"),
            **({"LOUPE_FRONTEND": str(self.config.frontend.resolve())} if self.config.frontend else {}),
            **dict(self.config.env),
        }

    def _check_machine(self) -> None:
        config = self.config
        require_free(
            {
                "BLOB_PORT": config.storage.blob,
                "QUEUE_PORT": config.storage.queue,
                "API_PORT": config.api_port,
                "INGESTION_PORT": config.ingestion_port,
            }
        )
        config.state.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(config.state).free
        if free < MIN_FREE_BYTES:
            raise ConfigurationError(
                f"only {free // 1_000_000} MB of disk are free for {config.state.resolve()}: "
                f"at least {MIN_FREE_BYTES // 1_000_000} MB are needed"
            )

    def _start(self) -> None:
        state = self.config.state
        self._progress("broker")
        self.valkey = Valkey(state / "valkey", self._logs / "valkey.log")
        self.children["valkey"] = self.valkey.child
        self._progress("storage")
        reading, writing = os.pipe()
        pages = [f"http://{host}:{self.config.api_port}" for host in (LOOPBACK, "localhost")]
        self.azurite = Azurite(state / "azurite", self._logs / "azurite.log", self.config.storage, writing, pages)
        self.children["azurite"] = self.azurite.child
        Bridge(self.azurite, os.fdopen(reading, "rb")).start()
        self._progress("services")
        with ThreadPoolExecutor(1) as pool:  # which takes no longer than the services take to start
            releasing = pool.submit(self._release)
            starting = [self._spawn(name) for name in FIRST]
            releasing.result()
        for service in starting:
            service.wait_until(partial(self._is_ready, service.name))
        for name in FOR_BATCH_JOBS:
            self._spawn(name)

    def _release(self) -> None:
        if self.config.is_released:
            release_bundle(self.azurite, self.config.model_bundle)

    def _spawn(self, service: str) -> Child:
        self._heartbeat(service).unlink(missing_ok=True)
        env = self.environment()
        if service in self._ports:
            env["LOUPE_PORT"] = str(self._ports[service])
        else:
            env["LOUPE_HEARTBEAT_FILE"] = str(self._heartbeat(service))
        if service in self.config.metrics_ports:
            env["LOUPE_METRICS_PORT"] = str(self.config.metrics_ports[service])
        if service in FOLLOWERS and "LOUPE_MODEL_BUNDLE" not in dict(self.config.env):
            del env["LOUPE_MODEL_BUNDLE"]
            env["LOUPE_MODEL_NAME"] = name_of(self.config.model_bundle)
            env["LOUPE_MODEL_CACHE"] = str(self.config.state / "models")
        command = [sys.executable, "-m", MODULES.get(service, f"loupe_{service}")]
        if service == "backfill":
            env["LOUPE_LANE"] = "backfill"
            # It takes what CPU time all others leave.
            command = [shutil.which("nice") or "/usr/bin/nice", "-n", "19", *command]
        self.children[service] = Child(service, command, self._logs / f"{service}.log", env)
        return self.children[service]

    def _is_ready(self, service: str) -> bool:
        if service not in self._ports:
            return self._heartbeat(service).exists()
        try:
            return httpx2.get(f"http://{LOOPBACK}:{self._ports[service]}/readyz", timeout=5).is_success
        except httpx2.TransportError:
            return False

    def _heartbeat(self, service: str) -> Path:
        return self.config.state / "run" / f"{service}.heartbeat"
