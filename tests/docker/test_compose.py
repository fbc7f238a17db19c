"""``docker compose`` runs everything that people with Docker are told it does."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from azure.storage.blob import BlobServiceClient

from loupe_local.azurite import ACCOUNT, CONTAINER, KEY
from loupe_local.ports import free_port
from tests.docker.conftest import BASE, IMAGE_NAMES, TAG, keys_file
from tests.docker.engine import run
from tests.docker.neighbours import LOCAL, node_folder, valkey_server
from tests.factories import ROOT, SAMPLES
from tests.waiting import wait_for

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

FILES = (ROOT / "docker" / "compose.yaml", Path(__file__).parent / "compose.yaml")
PROJECT = f"loupe-compose-{os.getpid()}"


def compose_command() -> list[str]:
    """Compose as a part of Docker, or the program that Debian has."""
    if run("compose", "version").returncode == 0:
        return [os.environ.get("DOCKER") or "docker", "compose"]
    program = shutil.which("docker-compose")
    assert program, "there is no Compose: install docker-compose-v2, or Debian's docker-compose"
    return [program]


@pytest.fixture(scope="module")
def ports() -> Mapping[str, str]:
    """Ports that nothing listens on."""
    return {name: str(free_port()) for name in ("API_PORT", "BLOB_PORT", "QUEUE_PORT")}


@pytest.fixture(scope="module")
def running(
    images: Mapping[str, str], ports: Mapping[str, str], api_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Everything, and in the end nothing of it."""
    assert images
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    keys.write_text(keys_file(api_key))
    paths = {"NODE": node_folder(), "LOCAL": LOCAL, "VALKEY": valkey_server(), "API_KEYS": keys}
    env = os.environ | ports | {"TAG": TAG, "BASE": BASE} | {name: str(path) for name, path in paths.items()}
    files = [option for file in FILES for option in ("--file", str(file))]

    def compose(*arguments: str) -> None:
        command = [*compose_command(), "--project-name", PROJECT, *files, *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    try:
        compose("up", "--detach")
        yield
    finally:
        compose("down", "--volumes", "--timeout", "20")


def test_every_image_of_a_service_is_in_it() -> None:
    text = FILES[0].read_text()
    assert [name for name in IMAGE_NAMES if name != "cli" and f"loupe}}/{name}:" not in text] == []


def test_a_photo_goes_in_and_a_label_comes_out(running: None, ports: Mapping[str, str], api_key: str) -> None:  # noqa: ARG001
    storage = f"http://127.0.0.1:{ports['BLOB_PORT']}/{ACCOUNT}"
    api = f"http://127.0.0.1:{ports['API_PORT']}"
    headers = {"Authorization": f"Bearer {api_key}"}

    def label() -> str:
        try:
            response = httpx2.get(f"{api}/v1/images/{CONTAINER}/cup.png", headers=headers)
        except httpx2.TransportError:  # it is not there yet
            return ""
        return str(response.json()["label"]) if response.is_success else ""

    def is_ready() -> bool:
        try:
            return httpx2.get(f"{api}/readyz").is_success
        except httpx2.TransportError:
            return False

    wait_for(is_ready, "the API")
    with BlobServiceClient(storage, {"account_name": ACCOUNT, "account_key": KEY}) as service:
        service.get_blob_client(CONTAINER, "cup.png").upload_blob((SAMPLES / "coffee.png").read_bytes())
    assert wait_for(label, "the label") == "espresso"
    # The browser gets a link that leads somewhere from this machine.
    link = httpx2.get(f"{api}/v1/thumbnails/{CONTAINER}/cup.png", headers=headers, follow_redirects=True)
    assert link.is_success, link.text
