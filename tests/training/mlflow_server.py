"""A real tracking server of MLflow."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_for

LOOPBACK = "127.0.0.1"
# Jobs are for language models, and need more packages.
ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def tracking_server(folder: Path, port: int) -> Iterator[str]:
    """A server with its database and files in a folder; gives its address. It ends with the block."""
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    address = f"http://{LOOPBACK}:{port}"
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | ENVIRONMENT, process_group=0)
        try:
            wait_for(lambda: _answers(server, address), "the tracking server", 120)
            yield address
        finally:
            os.killpg(server.pid, 15)
            server.wait(30)


def _answers(server: "subprocess.Popen[bytes]", address: str) -> bool:
    assert server.poll() is None, "the tracking server has ended"
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
