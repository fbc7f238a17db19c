"""The query service over an archive, and nothing else."""

import http.client
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx2
import psutil

from bench.places import PYTHON
from bench.usage import Usage, usage
from loupe_local.azurite import ACCOUNT, KEY
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port


class HttpChild:
    """A process that answers over HTTP, with one connection to it. A context: on leaving it, the process has ended."""

    def __init__(self, name: str, command: list[str], log: Path, port: int, env: Mapping[str, str]) -> None:
        self._child = Child(name, command, log, env)
        self._process = psutil.Process(self._child.pid)
        self.url = f"http://{LOOPBACK}:{port}"
        self._connection = http.client.HTTPConnection(LOOPBACK, port)

    def __enter__(self) -> Self:
        """Wait until it answers."""
        self._child.wait_until(self._answers)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._connection.close()
        self._child.stop()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer, over the connection that is kept."""
        self._connection.request("GET", path, headers=dict(headers or {}))
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise ValueError(f"{path}: {response.status} {body[:500]!r}")
        return body

    def usage(self) -> Usage:
        """What the process has used so far."""
        return usage(self._process)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code < http.client.INTERNAL_SERVER_ERROR
        except httpx2.TransportError:
            return False


def query_service(results: Path, log: Path, **settings: str) -> HttpChild:
    """The service over a file of results. Storage and broker are not there, for nothing asks for them."""
    port = free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")},
        "LOUPE_PORT": str(port),
        "LOUPE_SQLITE_PATH": str(results),
        "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
        "LOUPE_STORAGE_KEY": KEY,
        "LOUPE_BLOB_ENDPOINT": f"http://{LOOPBACK}/{ACCOUNT}",
        "LOUPE_BROKER_URL": f"redis://{LOOPBACK}:{free_port()}/0",
        "LOUPE_REQUESTS_PER_SECOND": "1000000",
        **settings,
    }
    return HttpChild("query", [str(PYTHON), "-m", "loupe_query"], log, port, env)
