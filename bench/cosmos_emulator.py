"""Cosmos DB to measure with: the emulator that the tests run against."""

import uuid
from pathlib import Path

from bench.places import ROOT
from loupe_local.azurite import node
from loupe_local.child import Child
from loupe_local.ports import LOOPBACK, free_port, listens
from loupe_shared.adapters.cosmos import create_archive
from loupe_shared.adapters.cosmos_requests import connect

PROGRAM = ROOT / "tests" / "cosmos_emulator" / "server.cjs"
KEY = "a2V5"
DATABASE = "loupe"


class CosmosEmulator:
    """The emulator, running. ``child`` is its process."""

    def __init__(self, log: Path) -> None:
        port = free_port()
        self._endpoint = f"http://{LOOPBACK}:{port}"
        self.child = Child("the Cosmos DB emulator", [str(node()), str(PROGRAM), str(port)], log)
        self.child.wait_until(lambda: listens(port))

    def settings_of_new_container(self) -> dict[str, str]:
        """Environment variables that name an empty container."""
        name = f"results-{uuid.uuid4().hex}"
        create_archive(connect(self._endpoint, KEY).create_database_if_not_exists(DATABASE), name)
        return {
            "LOUPE_RESULTS_STORE": "cosmos",
            "LOUPE_COSMOS_ENDPOINT": self._endpoint,
            "LOUPE_COSMOS_KEY": KEY,
            "LOUPE_COSMOS_DATABASE": DATABASE,
            "LOUPE_COSMOS_CONTAINER": name,
        }
