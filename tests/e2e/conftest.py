"""One running system for all tests of this folder."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx2
import pytest
from azure.storage.blob import ContainerClient

from loupe_local.azurite import CONTAINER, StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.result import Result
from tests.factories import BUNDLE, FRONTEND
from tests.waiting import wait_for

# A process that was killed is missed soon, limits are low enough to be reached, and the same picture is work each time.
ENVIRONMENT = (
    ("LOUPE_KNOWN_ANSWERS", "0"),
    ("LOUPE_VISIBILITY_TIMEOUT_S", "5"),
    ("LOUPE_EVENT_TIMEOUT_S", "5"),
    ("LOUPE_MAX_IMAGE_PIXELS", "2000000"),
    ("LOUPE_MAX_IMAGE_BYTES", "20000000"),
    ("LOUPE_REQUESTS_PER_SECOND", "1000000"),
    ("LOUPE_SWEEP_INTERVAL_S", "3600"),
)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, on free ports."""
    storage = StoragePorts(free_port(), free_port())
    state = tmp_path_factory.mktemp("loupe")
    with Stack(StackConfig(state, BUNDLE, free_port(), free_port(), storage, ENVIRONMENT, FRONTEND)) as stack:
        yield stack


@pytest.fixture(scope="session")
def container(stack: Stack) -> Iterator[ContainerClient]:
    """Where people drop pictures."""
    with stack.azurite.blobs() as service:
        yield service.get_container_client(CONTAINER)


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx2.Client]:
    """The HTTP API."""
    with httpx2.Client(base_url=stack.api, timeout=30) as client:
        yield client


Outcome = Callable[..., Result]


@pytest.fixture
def outcome(api: httpx2.Client) -> Outcome:
    """Waits for what became of a blob, of one version of it if an etag is given."""

    def get(blob: str, etag: str | None = None) -> Result:
        def found() -> Result | None:
            response = api.get(f"/v1/images/{CONTAINER}/{quote(blob)}")
            if response.status_code == httpx2.codes.NOT_FOUND:
                return None
            result = Result.model_validate_json(response.raise_for_status().content)
            return result if etag in (None, result.image.etag) else None

        return wait_for(found, f"the outcome of {blob}")

    return get
