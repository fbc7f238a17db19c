"""Broker and the four services, to which events are delivered, and what they use until all is queryable."""

import base64
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx2
import psutil

from bench.events import Blob, events
from bench.places import PYTHON
from bench.storage import Storage
from bench.usage import Usage, usages
from bench.waiting import wait_for_count
from loupe_local.azurite import ACCOUNT, CONTAINER, EVENT_QUEUE, KEY
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port
from loupe_local.stack import MODULES
from loupe_local.valkey import Valkey

# Those that an image passes. In this order they start.
SERVICES = ("results", "query", "inference", "ingestion")

WEBHOOK_BATCH = 500
CONCURRENT_SENDS = 8


@dataclass(frozen=True)
class Measurement:
    """What some images took.

    Attributes:
        images: how many.
        wall_s: seconds from the first delivery until the last was queryable.
        before: what each process had used when it began: the four services, and those beside them.
        after: the same at the end.
    """

    images: int
    wall_s: float
    before: Mapping[str, Usage]
    after: Mapping[str, Usage]

    def cpu_ms(self, *processes: str) -> float:
        """CPU per image of some processes together, or of the four services, in ms."""
        names = processes or SERVICES
        return sum(self.after[name].cpu_s - self.before[name].cpu_s for name in names) * 1000 / self.images

    @property
    def others(self) -> list[str]:
        """The processes that are not Loupe's: broker, storage, and the benchmark itself."""
        return sorted(set(self.before) - set(SERVICES))


class Pipeline:
    """Broker and services over a storage account. A context: on leaving it, they have ended.

    Args:
        state: folder for data and logs; what is in it is removed.
        bundle: folder of the model.
        storage: with the images.
        settings: more environment variables for the services.
        services: in the order of their start.
    """

    def __init__(
        self,
        state: Path,
        bundle: Path,
        storage: Storage,
        settings: Mapping[str, str],
        services: Sequence[str] = SERVICES,
    ) -> None:
        shutil.rmtree(state, ignore_errors=True)
        self._services = services
        self._state = state
        self._storage = storage
        self._ports = {"query": free_port(), "ingestion": free_port()}
        self._children: dict[str, Child] = {}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")},
            "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
            "LOUPE_STORAGE_KEY": KEY,
            "LOUPE_BLOB_ENDPOINT": storage.blob_endpoint,
            "LOUPE_QUEUE_ENDPOINT": storage.azurite.queue_endpoint,
            "LOUPE_IMAGE_CONTAINER": CONTAINER,
            "LOUPE_EVENT_QUEUE": EVENT_QUEUE,
            "LOUPE_MODEL_BUNDLE": str(bundle.resolve()),
            "LOUPE_SQLITE_PATH": str(state / "results.sqlite"),
            "LOUPE_REQUESTS_PER_SECOND": "1000000",
            **settings,
        }
        self._http = httpx2.Client(timeout=120)
        self._counted = 0

    def __enter__(self) -> Self:
        """Start everything and wait until it is ready."""
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started, last first."""
        while self._children:
            self._children.popitem()[1].stop()
        self._http.close()

    def by_webhook(self, blobs: Sequence[Blob]) -> Measurement:
        """Deliver an event for each blob to the webhook, in batches, and wait until all are queryable."""
        url = f"http://{LOOPBACK}:{self._ports['ingestion']}/events"
        bodies = [
            json.dumps(events(blobs[start : start + WEBHOOK_BATCH])) for start in range(0, len(blobs), WEBHOOK_BATCH)
        ]

        def deliver() -> None:
            for body in bodies:
                self._http.post(url, content=body).raise_for_status()

        return self._measure(len(blobs), deliver)

    def by_queue(self, blobs: Sequence[Blob]) -> Measurement:
        """Put an event for each blob on the storage queue, then let ingestion see it, and wait the same way."""
        ingestion = psutil.Process(self._children["ingestion"].pid)
        messages = [base64.b64encode(json.dumps(event).encode()).decode() for event in events(blobs)]
        ingestion.suspend()
        try:
            with self._storage.azurite.queues() as service, ThreadPoolExecutor(CONCURRENT_SENDS) as pool:
                queue = service.get_queue_client(EVENT_QUEUE)
                list(pool.map(partial(queue.send_message, time_to_live=-1), messages))
        except BaseException:
            ingestion.resume()
            raise
        return self._measure(len(blobs), ingestion.resume)

    def labels(self) -> dict[str, str]:
        """The label of each classified image, by its blob's name without folders."""
        labels: dict[str, str] = {}
        parameters = {"outcome": "classified", "limit": "1000"}
        while True:
            page = self._get("/v1/images", parameters)
            labels |= {Path(image["image"]["blob"]).name: image["label"] for image in page["images"]}
            if page["next"] is None:
                return labels
            parameters["cursor"] = page["next"]

    def _measure(self, images: int, deliver: Callable[[], None]) -> Measurement:
        before, started = self._usages(), time.perf_counter()
        deliver()
        wait_for_count(self._count, self._counted + images, self._check)
        wall_s, after = time.perf_counter() - started, self._usages()
        self._counted += images
        return Measurement(images, wall_s, before, after)

    def _check(self) -> None:
        for child in self._children.values():
            child.check()

    def _count(self) -> int:
        outcomes: dict[str, int] = self._get("/v1/counts", {})["outcomes"]
        others = {name: count for name, count in outcomes.items() if name != "classified" and count}
        if others:
            raise ValueError(f"images that were to be classified are not: {others} (logs: {self._state})")
        return outcomes.get("classified", 0)

    def _get(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        url = f"http://{LOOPBACK}:{self._ports['query']}{path}"
        document: dict[str, Any] = self._http.get(url, params=dict(parameters)).raise_for_status().json()
        return document

    def _usages(self) -> dict[str, Usage]:
        children = {**self._children, **self._storage.children}
        return usages({name: child.pid for name, child in children.items()})

    def _start(self) -> None:
        self._valkey = Valkey(self._state / "valkey", self._state / "logs" / "valkey.log")
        self._children["Valkey"] = self._valkey.child
        self._environment["LOUPE_BROKER_URL"] = self._valkey.url
        for service in self._services:
            self._start_service(service)
        for service in self._services:
            self._children[service].wait_until(partial(self._is_ready, service))

    def _start_service(self, service: str) -> None:
        env = {**self._environment, **({"LOUPE_LANE": "backfill"} if service == "backfill" else {})}
        if service in self._ports:
            env["LOUPE_PORT"] = str(self._ports[service])
        else:
            env["LOUPE_HEARTBEAT_FILE"] = str(self._heartbeat(service))
        command = [str(PYTHON), "-m", MODULES.get(service, f"loupe_{service}")]
        self._children[service] = Child(service, command, self._state / "logs" / f"{service}.log", env)

    def _is_ready(self, service: str) -> bool:
        if service not in self._ports:
            return self._heartbeat(service).exists()
        try:
            return self._http.get(f"http://{LOOPBACK}:{self._ports[service]}/readyz").is_success
        except httpx2.TransportError:
            return False

    def _heartbeat(self, service: str) -> Path:
        return self._state / f"{service}.heartbeat"
