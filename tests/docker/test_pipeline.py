"""Everything runs from the images, as the chart says, and loses nothing whatever happens to its pods."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx2
import pytest

from loupe_local.azurite import CONTAINER
from loupe_shared.result import Result
from tests.docker.conftest import Cluster
from tests.docker.engine import docker
from tests.docker.kubelet import Node, RunningPod
from tests.docker.manifests import pods
from tests.docker.neighbours import ContainerAzurite
from tests.factories import SAMPLES, encode, photo
from tests.waiting import wait_for

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

WORKERS = ("loupe-inference", "loupe-results")
IMAGES = 200
PATIENCE_S = 240.0
CUT_S = 10


def upload(azurite: ContainerAzurite, prefix: str, count: int) -> list[str]:
    """Names of pictures that are all different, so that each is work."""
    names = [f"{prefix}/{number}.jpg" for number in range(count)]
    picture = encode(photo(), "JPEG")
    with azurite.blobs() as service, ThreadPoolExecutor(8) as pool:
        container = service.get_container_client(CONTAINER)
        # What follows the end of a JPEG is no part of the picture.
        list(pool.map(lambda name: container.upload_blob(name, picture + name.encode()), names))
    return names


def classified(api: httpx2.Client, prefix: str) -> list[str]:
    """Names of the classified images that begin so, each as often as the archive lists it."""
    found: list[str] = []
    parameters = {"limit": "300", "outcome": "classified", "prefix": prefix}
    while True:
        page = api.get("/v1/images", params=parameters).raise_for_status().json()
        found += [image["image"]["blob"] for image in page["images"]]
        if page["next"] is None:
            return found
        parameters["cursor"] = page["next"]


def wait_for_all(api: httpx2.Client, prefix: str, names: list[str]) -> None:
    """All are classified, each once."""
    wait_for(lambda: len(classified(api, prefix)) >= len(names), f"{len(names)} outcomes", PATIENCE_S)
    assert sorted(classified(api, prefix)) == sorted(names)


def test_every_pod_of_the_chart_has_its_image(node: Node, cluster: Cluster) -> None:
    deployed = {name for name, pod in pods(node.documents).items() if pod.spec.get("restartPolicy") != "Never"}
    assert set(cluster) == deployed


def test_a_photo_goes_in_and_a_label_comes_out(azurite: ContainerAzurite, api: httpx2.Client) -> None:
    with azurite.blobs() as service:
        service.get_blob_client(CONTAINER, "cup.png").upload_blob((SAMPLES / "coffee.png").read_bytes())

    def outcome() -> Result | None:
        response = api.get(f"/v1/images/{CONTAINER}/{quote('cup.png')}")
        if response.status_code == httpx2.codes.NOT_FOUND:
            return None
        result = Result.model_validate_json(response.raise_for_status().content)
        # A sweep may have found it first, without knowing its event, which wins in the end.
        return result if result.image.sequencer.strip("0") else None

    result = wait_for(outcome, "the outcome that the event led to")
    assert result.predictions[0].label == "espresso"


def test_the_front_end_is_in_the_image(api: httpx2.Client) -> None:
    page = api.get("/review", headers={"Accept": "text/html"}).raise_for_status()
    assert "<title>Loupe</title>" in page.text


def test_an_export_is_parquet(api: httpx2.Client, azurite: ContainerAzurite) -> None:
    wait_for_all(api, "export/", upload(azurite, "export", 1))
    exported = api.get("/v1/export", params={"format": "parquet"}).raise_for_status()
    assert exported.content[:4] == exported.content[-4:] == b"PAR1"


def test_a_picture_finds_similar_ones(api: httpx2.Client, azurite: ContainerAzurite) -> None:
    wait_for_all(api, "similar/", upload(azurite, "similar", 1))
    picture = encode(photo(), "JPEG")

    def found() -> object:
        answer = api.post("/v1/similar", content=picture, headers={"Content-Type": "image/jpeg"})
        return answer.raise_for_status().json()["images"]

    wait_for(found, "the index to know the image")


@pytest.mark.parametrize("name", WORKERS)
def test_sigterm_lets_a_pod_finish_and_nothing_is_lost(
    cluster: Cluster, azurite: ContainerAzurite, api: httpx2.Client, name: str
) -> None:
    names = upload(azurite, f"drain-{name}", IMAGES)
    wait_for(lambda: classified(api, f"drain-{name}/"), "work to be in progress")
    assert cluster[name].stop() == 0
    cluster[name].start()
    wait_for_all(api, f"drain-{name}/", names)


def test_a_worker_is_killed_and_another_takes_its_place(
    cluster: Cluster, azurite: ContainerAzurite, api: httpx2.Client
) -> None:
    names = upload(azurite, "kill", IMAGES)
    wait_for(lambda: classified(api, "kill/"), "work to be in progress")
    worker = cluster["loupe-inference"]
    worker.container.kill()
    assert len(classified(api, "kill/")) < IMAGES
    worker.start()
    wait_for_all(api, "kill/", names)


def test_the_network_of_a_worker_is_cut_for_ten_seconds(
    cluster: Cluster, azurite: ContainerAzurite, api: httpx2.Client
) -> None:
    names = upload(azurite, "cut", IMAGES)
    wait_for(lambda: classified(api, "cut/"), "work to be in progress")
    worker = cluster["loupe-inference"]
    worker.cut_off()
    time.sleep(CUT_S)  # this is what is tested
    worker.connect()

    def all_done() -> bool:
        if not worker.container.state()["Running"]:  # who loses the broker ends, and Kubernetes starts it again
            worker.start()
        return len(classified(api, "cut/")) >= IMAGES

    wait_for(all_done, f"{IMAGES} outcomes", PATIENCE_S)
    assert sorted(classified(api, "cut/")) == sorted(names)


def test_helm_test(node: Node, cluster: Cluster) -> None:
    assert cluster
    (pod,) = (pod for pod in pods(node.documents).values() if pod.spec.get("restartPolicy") == "Never")
    test = RunningPod(node, pod)
    assert docker("wait", test.container.name) == "0", test.container.logs()


def test_no_pod_says_a_secret(node: Node, cluster: Cluster) -> None:
    for pod in cluster.values():
        said = pod.container.logs()
        assert not [name for name, secret in node.secrets["loupe-local"].items() if secret in said], pod.pod.name


def test_the_other_pods_end_in_time_when_they_are_asked_to(cluster: Cluster) -> None:
    for name in cluster.keys() - set(WORKERS):
        assert cluster[name].stop() == 0, name
        cluster[name].start()
    for pod in cluster.values():
        pod.wait_until_ready()
