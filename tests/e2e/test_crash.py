"""Killing what works, in the middle of work."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
from azure.storage.blob import ContainerClient

from loupe_local.stack import Stack
from tests.factories import encode, photo
from tests.waiting import wait_for

IMAGES = 500


def classified(api: httpx2.Client) -> int:
    """How many images are classified."""
    return int(api.get("/v1/counts").json()["outcomes"].get("classified", 0))


def test_500_images_survive_the_death_of_the_worker(
    stack: Stack, container: ContainerClient, api: httpx2.Client
) -> None:
    before = api.get("/v1/counts").json()
    names = [f"crash/{number}.jpg" for number in range(IMAGES)]
    data = encode(photo(), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        uploads = [pool.submit(container.upload_blob, name, data) for name in names]
        start = before["outcomes"].get("classified", 0)
        wait_for(lambda: classified(api) > start + 50, "work to be in progress")
        stack.children["inference"].kill()
        for upload in uploads:
            upload.result()
    done = classified(api) - start
    assert 50 < done < IMAGES
    stack.restart("inference")
    wait_for(lambda: classified(api) - start >= IMAGES, f"{IMAGES} outcomes")

    found: list[str] = []
    cursor: str | None = None
    while True:
        page = api.get("/v1/images", params={"limit": 300} | ({"cursor": cursor} if cursor else {})).json()
        found += [image["image"]["blob"] for image in page["images"] if image["image"]["blob"].startswith("crash/")]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(names)
    after = api.get("/v1/counts").json()
    assert after["outcomes"]["classified"] - start == IMAGES
    assert sum(after["labels"].values()) - sum(before["labels"].values()) == IMAGES
