"""Killing what works, in the middle of work."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import redis
from azure.storage.blob import ContainerClient

from loupe_local.stack import Stack
from tests.factories import encode, photo
from tests.waiting import wait_for

PICTURE = encode(photo(), "JPEG")


def classified(api: httpx2.Client) -> int:
    """How many images are classified."""
    return int(api.get("/v1/counts").json()["outcomes"].get("classified", 0))


def archived(api: httpx2.Client, prefix: str) -> list[str]:
    """The names in the archive that begin so, each as often as it is listed."""
    found: list[str] = []
    parameters: dict[str, str] = {"limit": "300"}
    while True:
        page = api.get("/v1/images", params=parameters).json()
        found += [image["image"]["blob"] for image in page["images"] if image["image"]["blob"].startswith(prefix)]
        if page["next"] is None:
            return found
        parameters["cursor"] = page["next"]


def is_quiet(stack: Stack) -> bool:
    """Whether no message waits in the broker or is being handled: nothing can change any more."""
    keys = [f"{{loupe}}:{queue}" for queue in ("classify", "store")]
    held = [f"{{loupe}}:unacked-{queue}" for queue in ("classify", "store")]
    with redis.Redis.from_url(stack.valkey.url) as broker:
        lengths = [broker.llen(key) for key in keys] + [broker.hlen(key) for key in held]
        return not any(lengths)


@pytest.mark.parametrize(
    ("victim", "images"), [("inference", 500), ("results", 150), ("ingestion", 150), ("valkey", 150)]
)
def test_images_survive_the_death_of_a_process(
    stack: Stack, container: ContainerClient, api: httpx2.Client, victim: str, images: int
) -> None:
    before = api.get("/v1/counts").json()
    start: int = before["outcomes"].get("classified", 0)
    names = [f"crash/{victim}/{number}.jpg" for number in range(images)]
    with ThreadPoolExecutor(8) as pool:
        uploads = [pool.submit(container.upload_blob, name, PICTURE) for name in names]
        wait_for(lambda: classified(api) > start + images // 10, "work to be in progress")
        stack.children[victim].kill()
        for upload in uploads:
            upload.result()
    assert classified(api) < start + images
    stack.restart(victim)

    def is_done() -> bool:
        stack.check()  # starts again who could not go on without the victim
        return classified(api) >= start + images

    wait_for(is_done, f"{images} outcomes")
    wait_for(lambda: is_quiet(stack), "what was delivered twice to be handled")

    assert sorted(archived(api, f"crash/{victim}/")) == sorted(names)
    after = api.get("/v1/counts").json()
    assert after["outcomes"]["classified"] - start == images
    assert sum(after["labels"].values()) - sum(before["labels"].values()) == images
    stack.check()
