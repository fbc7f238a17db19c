"""Photos in, answers out: what the system is for."""

import json

import httpx2
import pytest
from azure.storage.blob import BlobBlock, ContainerClient

from loupe_local.azurite import EVENT_QUEUE
from loupe_local.stack import Stack
from loupe_shared.domain import Outcome
from tests.e2e.conftest import Outcome as GetOutcome
from tests.factories import SAMPLES, event
from tests.waiting import wait_for

LABELS = {
    "camera.png": "tripod",
    "chelsea.png": "tiger cat",
    "china.jpg": "palace",
    "coffee.png": "espresso",
    "flower.jpg": "daisy",
    "rocket.jpg": "missile",
}
COFFEE = (SAMPLES / "coffee.png").read_bytes()
ROCKET = (SAMPLES / "rocket.jpg").read_bytes()


def test_photos_are_answered_through_the_api(
    container: ContainerClient, outcome: GetOutcome, api: httpx2.Client
) -> None:
    for name in LABELS:
        container.upload_blob(f"photos/{name}", (SAMPLES / name).read_bytes())
    for name, label in LABELS.items():
        answer = outcome(f"photos/{name}")
        assert (answer.outcome, answer.label) == (Outcome.CLASSIFIED, label)
        assert answer.model is not None
        assert (answer.model.name, answer.model.version) == ("efficientnet-lite0", 1)
        assert len(answer.predictions) == 5
        assert answer.heatmap is not None
        assert [len(row) for row in answer.heatmap] == [7] * 7
        assert max(max(row) for row in answer.heatmap) == 255
        assert answer.stored_at is not None
        assert answer.image.uploaded_at < answer.completed_at < answer.stored_at
        assert min(answer.timings_ms.model_dump().values()) > 0
    listed = api.get("/v1/images", params={"label": "espresso", "min_score": 0.9}).json()["images"]
    assert "photos/coffee.png" in [found["image"]["blob"] for found in listed]
    labels = api.get("/v1/counts").json()["labels"]
    assert all(labels[label] >= 1 for label in LABELS.values())


@pytest.mark.parametrize("name", ["ü ñ/日本 100%.png", "a/blobs/b.png", "?#&=+.png", "x" * 1000])
def test_any_name(container: ContainerClient, outcome: GetOutcome, name: str) -> None:
    container.upload_blob(name, COFFEE)
    assert outcome(name).label == "espresso"


def test_every_way_to_write_a_blob(container: ContainerClient, outcome: GetOutcome) -> None:
    blocks = container.get_blob_client("ways/blocks.png")
    blocks.stage_block("1", COFFEE[:100_000])
    blocks.stage_block("2", COFFEE[100_000:])
    blocks.commit_block_list([BlobBlock("1"), BlobBlock("2")])
    assert outcome("ways/blocks.png").image.content_length == len(COFFEE)
    container.get_blob_client("ways/copy.png").start_copy_from_url(blocks.url)
    assert outcome("ways/copy.png").label == "espresso"


def test_a_replaced_blob_gets_the_answer_of_its_new_version(container: ContainerClient, outcome: GetOutcome) -> None:
    container.upload_blob("changing", COFFEE)
    second = container.upload_blob("changing", ROCKET, overwrite=True)
    etag = second.get_blob_properties().etag.strip('"')
    assert outcome("changing", etag).label == "missile"


def test_a_deleted_blob_is_deleted_from_the_archive(
    container: ContainerClient, outcome: GetOutcome, api: httpx2.Client
) -> None:
    container.upload_blob("passing", COFFEE)
    outcome("passing")
    container.delete_blob("passing")
    wait_for(lambda: outcome("passing").outcome is Outcome.DELETED, "the deletion")
    deleted = api.get("/v1/images", params={"outcome": "deleted"}).json()["images"]
    assert "passing" in [found["image"]["blob"] for found in deleted]


def test_poison_and_strangers_cost_nobody(stack: Stack, container: ContainerClient, outcome: GetOutcome) -> None:
    other_account = json.loads(json.dumps(event("strange.jpg")).replace("devstoreaccount1", "stranger"))
    with stack.azurite.queues() as queues:
        events = queues.get_queue_client(EVENT_QUEUE)
        poison = queues.get_queue_client(f"{EVENT_QUEUE}-poison")
        for content in ("no JSON", '{"no": "event"}', json.dumps(event() | {"metadataVersion": "2"})):
            events.send_message(content)
        events.send_message(json.dumps(event("strange.jpg", container="other")))
        events.send_message(json.dumps(other_account))
        container.upload_blob("beside.png", COFFEE)
        assert outcome("beside.png").label == "espresso"
        reasons = [json.loads(m.content)["reason"] for m in poison.receive_messages(max_messages=10)]
        wait_for(lambda: events.get_queue_properties().approximate_message_count == 0, "the queue to be empty")
    assert sorted(reason.split(":")[0] for reason in reasons) == [
        "neither JSON nor base64 of JSON",
        "not an event of a known version",
        "not an event of a known version",
    ]


def test_the_webhook(stack: Stack, container: ContainerClient, outcome: GetOutcome) -> None:
    handshake = httpx2.options(stack.webhook, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert handshake.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    etag = container.upload_blob("hooked.png", COFFEE).get_blob_properties().etag
    container.upload_blob("replaced.png", COFFEE)
    outcome("hooked.png")
    outcome("replaced.png")
    late = "f" * 48  # the sequencer of an event later than the one that the bridge delivered
    deliveries = [
        event("hooked.png", eTag=etag, sequencer=late),
        event("never-was.png"),
        event("replaced.png", eTag="0xOLD", sequencer=late),
    ]
    assert httpx2.post(stack.webhook, json=deliveries).json() == {"accepted": 3, "poisoned": 0}
    wait_for(lambda: outcome("hooked.png").image.sequencer == late, "the delivered event's result")
    assert outcome("hooked.png").label == "espresso"
    assert outcome("never-was.png").outcome is Outcome.DELETED
    assert outcome("replaced.png", "0xOLD").outcome is Outcome.SUPERSEDED


def test_documentation_and_health(stack: Stack, api: httpx2.Client) -> None:
    assert api.get("/docs").is_success
    assert api.get("/openapi.json").json()["info"]["title"] == "Loupe"
    assert api.get("/readyz").json() == {"status": "ok"}
    assert httpx2.get(stack.webhook.replace("/events", "/readyz")).json() == {"status": "ok"}
