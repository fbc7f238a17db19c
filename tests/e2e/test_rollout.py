"""A second version of a model comes: as a canary, looking on, serving, and rolled back, while images pass."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from loupe_client import Loupe
from loupe_local.azurite import ACCOUNT, CONTAINER, KEY, MODELS, Azurite, StoragePorts
from loupe_local.child import Child
from loupe_local.ports import free_port
from loupe_local.stack import Stack, StackConfig
from loupe_local.valkey import Valkey
from loupe_shared.domain import Outcome
from loupe_shared.errors import ConfigurationError
from loupe_shared.release.release import Release
from loupe_shared.result import ResultDocument
from tests.factories import BUNDLE, encode, photo
from tests.waiting import wait_for

NAME = "efficientnet-lite0"
WHY = "to see it at work"
PICTURE = encode(photo(), "JPEG")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Everything, with workers that look for releases all the time."""
    environment = (("LOUPE_BUNDLE_POLL_INTERVAL_S", "0.05"), ("LOUPE_KNOWN_ANSWERS", "0"))
    storage = StoragePorts(free_port(), free_port())
    with Stack(StackConfig(tmp_path / "state", BUNDLE, free_port(), free_port(), storage, environment)) as stack:
        yield stack


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The same model as version 2, which calls everything by the name of its neighbour."""
    folder = tmp_path / "second"
    shutil.copytree(BUNDLE, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    first, *others = manifest["labels"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 2, "labels": [*others, first]}))
    return folder


class World:
    """What a person does and sees."""

    def __init__(self, stack: Stack, loupe: Loupe, container: ContainerClient) -> None:
        self.stack = stack
        self.loupe = loupe
        self.container = container
        self.names: list[str] = []

    def upload(self, count: int) -> list[str]:
        """Bring in more pictures."""
        names = [f"rollout/{len(self.names) + number}.jpg" for number in range(count)]
        for name in names:
            self.container.upload_blob(name, PICTURE)
        self.names += names
        return names

    def answers(self, names: list[str]) -> dict[str, ResultDocument]:
        """What became of pictures."""

        def found() -> list[ResultDocument]:
            images = self.loupe.find((CONTAINER, name) for name in names).images
            return list(images) if len(images) == len(names) else []

        return {result.image.blob: result for result in wait_for(found, "all outcomes")}

    def follow(self, release: Release) -> Release:
        """Wait until the workers follow a release."""
        log = self.stack.config.state / "logs" / "inference.log"
        said = f"version {release.serving} of {NAME} is served"
        if release.canary:
            said += f", and version {release.canary.version} for"
        if release.shadows:
            said += f"; looking on: {release.shadows[0]}"
        wait_for(lambda: log.read_text().rstrip().split("from now on, ")[-1].startswith(said), f"{said!r} to be said")
        return release


@pytest.fixture
def world(stack: Stack) -> Iterator[World]:
    """A person."""
    with Loupe(stack.api) as loupe, stack.azurite.blobs() as blobs:
        yield World(stack, loupe, blobs.get_container_client(CONTAINER))


def test_a_worker_without_a_release_waits_and_can_be_told_to_end(
    azurite: Azurite, valkey: Valkey, tmp_path: Path
) -> None:
    heartbeat, log = tmp_path / "heartbeat", tmp_path / "log"
    env = {
        "LOUPE_BROKER_URL": valkey.url,
        "LOUPE_STORAGE_ACCOUNT": ACCOUNT,
        "LOUPE_STORAGE_KEY": KEY,
        "LOUPE_BLOB_ENDPOINT": azurite.blob_endpoint,
        "LOUPE_MODEL_CONTAINER": MODELS,
        "LOUPE_MODEL_NAME": "nobody-knows-it",
        "LOUPE_HEARTBEAT_FILE": str(heartbeat),
    }
    worker = Child("inference", [sys.executable, "-m", "loupe_inference"], log, os.environ | env)
    worker.wait_until(heartbeat.exists)
    assert "no version of nobody-knows-it is released: promote one" in log.read_text()
    worker.stop()
    with pytest.raises(ConfigurationError, match="ended with code 0"):
        worker.check()
    assert not heartbeat.exists()


def versions(answers: dict[str, ResultDocument]) -> dict[str, int]:
    """By which version pictures were answered."""
    assert {result.outcome for result in answers.values()} == {Outcome.CLASSIFIED}
    return {name: result.model.version for name, result in answers.items() if result.model}


def test_a_version_comes_and_goes_without_a_restart(world: World, second: Path) -> None:
    loupe, workers = world.loupe, {name: world.stack.children[name].pid for name in ("inference", "backfill")}
    (model,) = loupe.models()
    assert (model.name, model.versions, model.release and model.release.serving) == (NAME, (1,), 1)
    assert set(versions(world.answers(world.upload(2))).values()) == {1}
    loupe.register(second)

    release = world.follow(loupe.canary(NAME, 2, 0.5, WHY))
    tried = world.answers(world.upload(32))
    assert versions(tried) == {name: release.version_for(result.image.id) for name, result in tried.items()}
    assert set(versions(tried).values()) == {1, 2}
    labels = {result.model.version: result.label for result in tried.values() if result.model}
    assert labels[1] != labels[2]
    before = max(result.completed_at for result in tried.values())
    loupe.reclassify((CONTAINER, name) for name in tried)

    def again() -> dict[str, ResultDocument]:
        found = world.answers(list(tried))
        return found if min(result.completed_at for result in found.values()) > before else {}

    assert versions(wait_for(again, "all to be classified again")) == versions(tried)

    loupe.canary(NAME, 2, 0, WHY)
    world.follow(loupe.shadow(NAME, [2], WHY))
    archived = loupe.counts().models
    watched = world.answers(world.upload(12))
    assert set(versions(watched).values()) == {1}
    (compared,) = wait_for(
        lambda: [one for one in loupe.compared(NAME, 2).comparisons if one.images == 12], "all to be compared"
    )
    assert (compared.serving, compared.agreement) == (1, 0.0)
    assert [(pair.answered, pair.shadow) for pair in compared.matrix] == [(labels[1], labels[2])]
    assert {one.image.blob for one in compared.disagreements} == set(watched)
    assert loupe.counts().models == archived | {f"{NAME}:1": archived[f"{NAME}:1"] + 12}

    world.follow(loupe.promote(NAME, 2, WHY))
    assert set(versions(world.answers(world.upload(2))).values()) == {2}
    loupe.roll_back(NAME, "too many false alarms")
    wait_for(lambda: set(versions(world.answers(world.upload(1))).values()) == {1}, "the first version", timeout_s=10)
    assert {name: world.stack.children[name].pid for name in workers} == workers
    world.stack.check()
