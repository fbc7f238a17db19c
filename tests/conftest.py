"""Real servers for the tests, each started once, on a free port, in a folder of the test run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from azure.cosmos import CosmosClient
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from loupe_local.azurite import ACCOUNT, KEY, Azurite, StoragePorts, node
from loupe_local.child import Child
from loupe_local.ports import bypass_proxies, free_port, listens
from loupe_local.valkey import Valkey
from loupe_shared.settings import QueueSettings, StorageSettings

# They need torch: `make test-training` runs them in the environment that has it.
collect_ignore = ["training"]

COSMOS_EMULATOR = Path(__file__).parent / "cosmos_emulator" / "server.cjs"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What tests make for the documentation, if they are asked to."""
    parser.addoption("--screenshots", type=Path, help="folder in which pictures of all pages are kept")
    parser.addoption("--sessions", action="store_true", help="write the terminal sessions of docs/cli.md anew")
    parser.addoption("--figures", action="store_true", help="write the figures of docs/images.md anew")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Where several processes run the tests, says which of them stay together."""
    return FilesAndTheWholeSystem(config, log)


class FilesAndTheWholeSystem(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Tests of a file stay together, and all of the whole system, in their order: they share it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/e2e" if file.startswith("tests/e2e/") else file


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("LOUPE_"):
            monkeypatch.delenv(name)


def pytest_configure() -> None:
    """Before anything connects: no server of the tests is behind a proxy."""
    bypass_proxies()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A broker."""
    folder = tmp_path_factory.mktemp("valkey")
    server = Valkey(folder / "data", folder / "log")
    yield server
    server.child.stop()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """A storage account."""
    folder = tmp_path_factory.mktemp("azurite")
    server = Azurite(folder / "data", folder / "log", StoragePorts(free_port(), free_port()))
    yield server
    server.child.stop()


@pytest.fixture(scope="session")
def cosmos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CosmosClient]:
    """A Cosmos DB account."""
    port = free_port()
    log = tmp_path_factory.mktemp("cosmos") / "log"
    server = Child("the Cosmos DB emulator", [str(node()), str(COSMOS_EMULATOR), str(port)], log)
    server.wait_until(lambda: listens(port))
    yield CosmosClient(f"http://127.0.0.1:{port}", "a2V5", enable_endpoint_discovery=False)
    server.stop()


@pytest.fixture
def broker_settings(valkey: Valkey) -> QueueSettings:
    """How to reach the broker."""
    return QueueSettings(broker_url=valkey.url)


@pytest.fixture
def storage_settings(azurite: Azurite) -> StorageSettings:
    """How to reach the storage account."""
    return StorageSettings(storage_account=ACCOUNT, storage_key=KEY, blob_endpoint=azurite.blob_endpoint)


@pytest.fixture
def valkey_client(valkey: Valkey) -> Iterator[redis.Redis]:
    """A plain client of the broker."""
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens on."""
    return free_port()
