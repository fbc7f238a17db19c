"""Images that are built, and all of Loupe running from them as the chart's local overlay says."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest

from loupe_local.azurite import KEY
from loupe_query.access.keys import KeyEntry, hash_key, new_key
from loupe_shared.api.access import Scope
from tests.docker.engine import LABEL, docker, is_there, remove_all
from tests.docker.kubelet import Node, RunningPod
from tests.docker.manifests import Document, pods
from tests.docker.neighbours import ContainerAzurite, start_valkey
from tests.factories import ROOT
from tests.helm import INSTALLATIONS, render

TAG = "test"
IMAGE_NAMES = [
    path.stem
    for path in sorted((ROOT / "requirements" / "images").glob("*.txt"))
    if "-gpu" not in path.stem and path.stem != "training"  # they take gigabytes
]
BASE = os.environ.get("BASE") or "python:3.13-slim"


@pytest.hookimpl(trylast=True)  # when those that are not wanted are gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nothing here works without Docker, and the neighbours' programs are those of this machine."""
    here = Path(__file__).parent
    needing = [item for item in items if here in item.path.parents and item.get_closest_marker("docker")]
    if not needing or (sys.platform == "linux" and is_there()):
        return
    reason = "Docker does not answer here, or this is not Linux"
    if os.environ.get("CI"):
        raise pytest.UsageError(reason)
    for item in needing:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def images() -> Mapping[str, str]:
    """All images but those that take gigabytes, by the names of their services: built, or found to be up to date."""
    done = subprocess.run(["make", "images", f"TAG={TAG}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return {name: f"loupe/{name}:{TAG}" for name in [*IMAGE_NAMES, "model"]}


@pytest.fixture(scope="session")
def chart() -> list[Document]:
    """The local overlay, as Helm renders it; but what a worker held that was killed comes back soon."""
    return render(INSTALLATIONS["local"], {"image.tag": TAG, "settings.LOUPE_VISIBILITY_TIMEOUT_S": 15})


@pytest.fixture(scope="session")
def api_key() -> str:
    """A key for everything."""
    return new_key()


def keys_file(key: str) -> str:
    """The file that lets a key do everything."""
    entry = KeyEntry(name="test", sha256=hash_key(key), scopes=tuple(Scope))
    return f"[{entry.model_dump_json(exclude_none=True)}]"


@pytest.fixture(scope="session")
def node(chart: list[Document], images: Mapping[str, str], api_key: str) -> Iterator[Node]:  # noqa: ARG001  (they are built)
    """Where pods run, with the Secrets that the overlay names. In the end nothing is left."""
    password = secrets.token_urlsafe(24)
    values = {
        "url": f"redis://:{password}@valkey:6379/0",
        "key": KEY,
        "token": secrets.token_urlsafe(24),
        "keys.json": keys_file(api_key),
        "api-key": api_key,
    }
    network = f"loupe-{os.getpid()}"
    docker("network", "create", "--label", LABEL, network)
    try:
        start_valkey(network, BASE, password)
        yield Node(network, BASE, chart, {"loupe-local": values})
    finally:
        remove_all()


@pytest.fixture(scope="session")
def azurite(node: Node) -> Iterator[ContainerAzurite]:
    """A storage account, whose pictures become events."""
    server = ContainerAzurite(node.network, BASE)
    yield server
    server.close()


Cluster = dict[str, RunningPod]


@pytest.fixture(scope="session")
def cluster(node: Node, azurite: ContainerAzurite, images: Mapping[str, str]) -> Cluster:  # noqa: ARG001  (it runs)
    """All Deployments of the chart, ready."""
    known = set(images.values())
    running = {
        name: RunningPod(node, pod)
        for name, pod in pods(node.documents).items()
        if pod.spec.get("restartPolicy") != "Never" and pod.container["image"] in known
    }
    for pod in running.values():
        pod.wait_until_ready()
    return running


@pytest.fixture(scope="session")
def api(cluster: Cluster, api_key: str) -> Iterator[httpx2.Client]:
    """The HTTP API."""
    url = f"http://{cluster['loupe-query'].address}:8000"
    with httpx2.Client(base_url=url, timeout=30, headers={"Authorization": f"Bearer {api_key}"}) as client:
        yield client
