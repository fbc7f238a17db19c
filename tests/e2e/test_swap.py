"""A new model takes over while images pass."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from loupe_local.azurite import CONTAINER
from loupe_local.stack import Stack
from loupe_shared.domain import Outcome
from loupe_shared.result import Result
from tests.bundles import link_bundle, publish_bundle
from tests.e2e.swapping import swapping
from tests.factories import encode, photo
from tests.waiting import wait_for

IMAGES = 120
PICTURE = encode(photo(), "JPEG")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A link to a copy of the bundle that Loupe comes with."""
    return link_bundle(tmp_path)


@pytest.fixture
def stack(tmp_path: Path, bundle: Path) -> Iterator[Stack]:
    """Everything, with a worker that looks for new bundles all the time."""
    with swapping(tmp_path / "state", bundle) as stack:
        yield stack


def test_no_image_is_lost_and_the_new_version_answers(stack: Stack, bundle: Path) -> None:
    names = [f"swap/{number}.jpg" for number in range(IMAGES)]

    def result(name: str) -> Result | None:
        response = api.get(f"/v1/images/{CONTAINER}/{quote(name)}")
        return Result.model_validate_json(response.content) if response.is_success else None

    def version(name: str) -> int:
        answer = wait_for(lambda: result(name), f"the outcome of {name}")
        assert answer.outcome is Outcome.CLASSIFIED
        assert answer.model
        return answer.model.version

    with httpx2.Client(base_url=stack.api, timeout=30) as api, stack.azurite.blobs() as blobs:
        container = blobs.get_container_client(CONTAINER)
        for place, name in enumerate(names):
            if place == IMAGES // 3:
                publish_bundle(bundle, 2)
            container.upload_blob(name, PICTURE)
        log = stack.config.state / "logs" / "inference.log"
        wait_for(lambda: "efficientnet-lite0:2 (fp32) is served" in log.read_text(), "the new model to be served")
        container.upload_blob("swap/last.jpg", PICTURE)
        versions = [version(name) for name in names]
        assert versions[0] == 1
        assert set(versions) <= {1, 2}
        assert version("swap/last.jpg") == 2
        stack.check()
