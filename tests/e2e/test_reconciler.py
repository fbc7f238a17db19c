"""What events missed, and a sweep makes up for."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient

from loupe_client import Loupe
from loupe_local.azurite import CONTAINER, EVENT_QUEUE, StoragePorts
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig
from loupe_shared.domain import Outcome
from tests.factories import BUNDLE, encode, photo
from tests.waiting import wait_for

PICTURE = encode(photo().resize((64, 48)), "JPEG")
SETTINGS = {"LOUPE_SWEEP_GRACE_S": "0", "LOUPE_SWEEP_INTERVAL_S": "3600"}
EX_TEMPFAIL = 75


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of its own, in which nothing sweeps unless a test says so."""
    storage = StoragePorts(free_port(), free_port())
    env = (*SETTINGS.items(), ("LOUPE_VISIBILITY_TIMEOUT_S", "5"), ("LOUPE_EVENT_TIMEOUT_S", "5"))
    config = StackConfig(tmp_path_factory.mktemp("loupe"), BUNDLE, free_port(), free_port(), storage, env)
    with Stack(config) as stack:
        yield stack


@pytest.fixture(scope="module")
def storage(stack: Stack) -> Iterator[BlobServiceClient]:
    """The storage account."""
    with stack.azurite.blobs() as service:
        yield service


@pytest.fixture(scope="module")
def container(storage: BlobServiceClient) -> ContainerClient:
    """Where people drop pictures."""
    return storage.get_container_client(CONTAINER)


@pytest.fixture
def events(stack: Stack) -> Iterator[QueueClient]:
    """The queue of events, which nobody reads until the test starts ingestion again."""
    stack.children["ingestion"].stop()
    with stack.azurite.queues() as service, service.get_queue_client(EVENT_QUEUE) as queue:
        queue.clear_messages()
        yield queue
    if stack.children["ingestion"].has_ended():
        stack.restart("ingestion")


def command(stack: Stack, *arguments: str, **env: str) -> dict[str, Any]:
    """How to start a reconciler."""
    return {
        "args": [sys.executable, "-m", "loupe_reconciler", *arguments],
        "env": stack.environment() | SETTINGS | env,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


def sweep(stack: Stack, **env: str) -> str:
    """Sweep once, and wait until all that follows from it is done. Returns what it says."""
    done = subprocess.run(**command(stack, "once", **env), timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    wait_for(lambda: is_quiet(stack), "what the sweep has found to be done")
    assert done.stdout.strip() in done.stderr
    return str(done.stderr)


def is_quiet(stack: Stack) -> bool:
    """Whether no message waits in the broker or is being handled."""
    with redis.Redis.from_url(stack.valkey.url) as broker:
        queues = ("classify", "store")
        waiting = sum(broker.llen(f"{{loupe}}:{queue}") for queue in queues)
        return not waiting and not sum(broker.hlen(f"{{loupe}}:unacked-{queue}") for queue in queues)


def upload(container: ContainerClient, names: list[str]) -> None:
    """Drop pictures in."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: container.upload_blob(name, PICTURE, overwrite=True), names))


def found(stack: Stack, prefix: str = "", container: str = CONTAINER) -> dict[str, Outcome]:
    """What became of each blob."""
    with Loupe(stack.api) as loupe:
        return {one.image.blob: one.outcome for one in loupe.images(container=container, prefix=prefix)}


def assert_counts_are_exact(stack: Stack) -> None:
    """What is counted is what is there."""
    counts = httpx2.get(f"{stack.api}/v1/counts").json()
    with Loupe(stack.api) as loupe:
        images = list(loupe.images())
    assert len({one.image.id for one in images}) == len(images)
    outcomes = [one.outcome for one in images]
    assert counts["outcomes"] == {outcome.value: outcomes.count(outcome) for outcome in set(outcomes)}
    assert sum(counts["labels"].values()) == outcomes.count(Outcome.CLASSIFIED)


def test_lost_events_and_a_wiped_broker(stack: Stack, container: ContainerClient, events: QueueClient) -> None:
    names = [f"lost/{number:03} ü.jpg" for number in range(300)]
    upload(container, names)
    wait_for(lambda: events.get_queue_properties().approximate_message_count == len(names), "all events")
    received = list(events.receive_messages(messages_per_page=32, visibility_timeout=1, max_messages=320))
    for message in received[::20]:
        events.delete_message(message)
    lost = len(received[::20])
    stack.restart("ingestion")
    wait_for(lambda: len(found(stack, "lost/")) > 50, "work to be in progress")
    stack.children["results"].stop()
    before = len(found(stack, "lost/"))
    with redis.Redis.from_url(stack.valkey.url) as broker:
        taken = len(names) - lost - before
        wait_for(lambda: broker.hlen("{loupe}:outstanding") == taken, "all events that are left to be taken")
        wait_for(lambda: not broker.exists("{loupe}:classify", "{loupe}:unacked-classify"), "all to be classified")
        broker.flushall()
    stack.restart("results")
    said = sweep(stack)
    assert f"{len(names)} listed, {before} known, {len(names) - before} to be classified anew, 0 deleted" in said
    assert found(stack, "lost/") == dict.fromkeys(names, Outcome.CLASSIFIED)
    assert_counts_are_exact(stack)
    assert " 0 to be classified anew, 0 deleted" in sweep(stack)


def test_lost_deletes(stack: Stack, container: ContainerClient) -> None:
    names = [f"deleted/{number}.jpg" for number in range(20)]
    upload(container, names)
    wait_for(lambda: len(found(stack, "deleted/")) == len(names), "the outcomes")
    container.delete_blobs(*names[:5])  # inside a batch request, which the bridge does not see
    assert " 5 deleted" in sweep(stack)
    deleted = dict.fromkeys(names[:5], Outcome.DELETED)
    assert found(stack, "deleted/") == dict.fromkeys(names, Outcome.CLASSIFIED) | deleted
    assert_counts_are_exact(stack)
    assert " 0 deleted" in sweep(stack)
    upload(container, names[:1])  # a new event wins over what the sweep has said
    wait_for(lambda: found(stack, "deleted/")[names[0]] is Outcome.CLASSIFIED, "the new picture")


def test_metadata_that_was_set_between_event_and_reading(
    stack: Stack, container: ContainerClient, events: QueueClient
) -> None:
    upload(container, ["metadata.jpg"])
    wait_for(lambda: events.get_queue_properties().approximate_message_count, "the event")
    container.get_blob_client("metadata.jpg").set_blob_metadata({"camera": "7"})
    stack.restart("ingestion")
    wait_for(lambda: found(stack, "metadata"), "the outcome")
    assert found(stack, "metadata") == {"metadata.jpg": Outcome.SUPERSEDED}
    assert " 1 to be classified anew" in sweep(stack)
    assert found(stack, "metadata") == {"metadata.jpg": Outcome.CLASSIFIED}


def test_two_sweeps_at_once_and_late_events(stack: Stack, container: ContainerClient, events: QueueClient) -> None:
    names = [f"twice/{number}.jpg" for number in range(200)]
    upload(container, names)
    wait_for(lambda: events.get_queue_properties().approximate_message_count == len(names), "all events")
    small = {"LOUPE_JOB_SIZE": "4", "LOUPE_SWEEP_JOBS": "2"}
    sweeps = [subprocess.Popen(**command(stack, "once", **small)) for _ in range(2)]
    try:
        for process in sweeps:
            said, _ = process.communicate(timeout=120)
            assert (process.returncode, " listed, " in said) == (0, True)
    finally:
        for process in sweeps:
            process.kill()
            process.wait()
    wait_for(lambda: is_quiet(stack), "all to be done")
    assert found(stack, "twice/") == dict.fromkeys(names, Outcome.CLASSIFIED)
    assert_counts_are_exact(stack)
    stack.restart("ingestion")  # and now the events come, after all
    wait_for(lambda: not events.get_queue_properties().approximate_message_count and is_quiet(stack), "the events")
    assert found(stack, "twice/") == dict.fromkeys(names, Outcome.CLASSIFIED)
    assert_counts_are_exact(stack)


def test_a_sweep_that_is_killed_is_made_up_for_by_the_next(
    stack: Stack, container: ContainerClient, events: QueueClient
) -> None:
    names = [f"killed/{letter}/{number}.jpg" for letter in "ab" for number in range(100)]
    upload(container, names)
    wait_for(lambda: events.get_queue_properties().approximate_message_count == len(names), "all events")
    events.clear_messages()
    prefixes = json.dumps(["killed/a/", "killed/b/", "killed/nothing/"])
    small = {"LOUPE_SWEEP_PREFIXES": prefixes, "LOUPE_JOB_SIZE": "2", "LOUPE_SWEEP_JOBS": "1"}
    process = subprocess.Popen(**command(stack, "once", **small))
    wait_for(lambda: len(found(stack, "killed/")) > 10, "the sweep to be under way")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    wait_for(lambda: is_quiet(stack), "what it had published to be done")
    assert 10 < len(found(stack, "killed/")) < len(names)
    assert "a sweep that was interrupted goes on" in sweep(stack, LOUPE_SWEEP_PREFIXES=prefixes)
    assert found(stack, "killed/") == dict.fromkeys(names, Outcome.CLASSIFIED)
    assert_counts_are_exact(stack)


def test_it_goes_on_when_the_container_is_there_and_ends_when_told(
    stack: Stack, storage: BlobServiceClient, tmp_path: Path
) -> None:
    heartbeat = tmp_path / "run" / "heartbeat"
    env = {"LOUPE_IMAGE_CONTAINER": "later", "LOUPE_HEARTBEAT_FILE": str(heartbeat)}
    process = subprocess.Popen(**command(stack, **env))
    try:
        assert process.stderr
        while "the container later does not exist" not in (line := process.stderr.readline()):
            assert line, "it has ended"
        assert heartbeat.exists()
        upload(storage.create_container("later"), ["a.jpg"])
        wait_for(lambda: found(stack, container="later") == {"a.jpg": Outcome.CLASSIFIED}, "the picture")
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said, heartbeat.exists()) == (0, False, False)


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"LOUPE_IMAGE_CONTAINER": "nowhere"}, "the container nowhere does not exist"),
        ({"LOUPE_BLOB_ENDPOINT": "http://127.0.0.1:1/a"}, "storage does not answer"),
        ({"LOUPE_BROKER_URL": "redis://127.0.0.1:1/0"}, "the record of the sweep does not answer"),
    ],
)
def test_what_is_away_is_told_in_one_sentence(stack: Stack, env: dict[str, str], says: str) -> None:
    done = subprocess.run(**command(stack, "once", LOUPE_LOG_LEVEL="WARNING", **env), timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (EX_TEMPFAIL, 1)
    assert f"the sweep was interrupted: {says}" in done.stderr
