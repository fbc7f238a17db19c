"""Models as people look at, register and release them, through the API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from loupe_query.access.keys import hash_key, new_key
from loupe_query.models.registering import Place
from loupe_shared.adapters.memory_registry import MemoryRegistry
from loupe_shared.bundle import MODEL_FILE, Manifest
from loupe_shared.domain import now
from loupe_shared.release.release import Action, Canary, Release
from tests.apps import api, archive
from tests.manifests import manifest, metrics

PATH = "/v1/models"
CELLS = f"{PATH}/cells"
WHY = "it finds more cracks"


@pytest.fixture
def registry() -> MemoryRegistry:
    """A model with four versions, the last with other labels."""
    registry = MemoryRegistry()
    for version in (1, 2, 3):
        registry.complete(manifest(version, metrics=metrics()))
    registry.complete(manifest(4, labels=("crack", "dirt"), metrics=metrics(0.5)))
    registry.complete(manifest(5, preprocessing_hash="0"))
    return registry


@pytest.fixture
def client(registry: MemoryRegistry) -> Iterator[TestClient]:
    """A client of the API."""
    with api(archive(registry=registry, intake=Place(registry, "models")), raises=True) as client:
        yield client


def done(client: TestClient, action: str, **body: Any) -> Release:  # noqa: ANN401
    """The release after a change."""
    answer = client.post(f"{CELLS}/{action}", json={"why": WHY, **body})
    assert answer.status_code == 200, answer.text
    return Release.model_validate(answer.json())


def refused(answer: httpx2.Response, status: int) -> str:
    """What is said of a request that is refused."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    return str(answer.json()["detail"])


def not_done(client: TestClient, action: str, status: int = 409, **body: Any) -> str:  # noqa: ANN401
    """Why a change is refused."""
    return refused(client.post(f"{CELLS}/{action}", json={"why": WHY, **body}), status)


def test_models_are_listed_with_their_releases(client: TestClient, registry: MemoryRegistry) -> None:
    assert client.get(PATH).json() == {"models": [{"name": "cells", "versions": [5, 4, 3, 2, 1], "release": None}]}
    registry.complete(manifest(7, "boards"))
    release = done(client, "promote", version=1)
    assert [(one["name"], one["versions"]) for one in client.get(PATH).json()["models"]] == [
        ("boards", [7]),
        ("cells", [5, 4, 3, 2, 1]),
    ]
    assert Release.model_validate(client.get(PATH).json()["models"][1]["release"]) == release


def test_one_model_with_what_speaks_against_its_versions(client: TestClient) -> None:
    done(client, "promote", version=1)
    shown = client.get(CELLS).json()
    versions = {one["version"]: one for one in shown["versions"]}
    assert list(versions) == [5, 4, 3, 2, 1]
    assert versions[4]["metrics"]["accuracy"] == 0.5
    assert (versions[1]["labels"], versions[1]["provenance"]["licence"], versions[1]["quantization"]) == (
        2,
        "MIT",
        None,
    )
    assert {version: len(one["objections"]) for version, one in versions.items()} == {5: 1, 4: 2, 3: 0, 2: 0, 1: 0}
    assert shown["release"]["serving"] == 1


def test_what_there_is_not(client: TestClient) -> None:
    assert refused(client.get(f"{PATH}/boards"), 404) == "there is no model boards"
    assert not_done(client, "promote", 404, version=9) == "there is no version 9 of cells"
    done(client, "promote", version=1)
    assert not_done(client, "canary", 404, version=9, share=0.1) == "there is no version 9 of cells"
    assert not_done(client, "shadow", 404, versions=[2, 9]) == "there is no version 9 of cells"
    answer = client.post(f"{PATH}/boards/rollback", json={"why": WHY})
    assert refused(answer, 404) == "there is no model boards"


def test_a_version_is_promoted_and_the_change_is_noted(client: TestClient, registry: MemoryRegistry) -> None:
    started = now()
    first = done(client, "promote", version=1)
    assert (first.serving, first.previous, first.revision) == (1, None, 1)
    second = done(client, "promote", version=2)
    assert (second.serving, second.previous, second.revision) == (2, 1, 2)
    assert registry.release("cells") == second
    change = second.changes[-1]
    assert (change.action, change.by, change.why) == (Action.PROMOTE, "anonymous", WHY)
    assert [one.detail for one in second.changes] == ["version 1 serves", "version 2 serves, in place of 1"]
    assert started <= change.at <= now()


def test_who_changes_a_release_is_noted(registry: MemoryRegistry, tmp_path: Path) -> None:
    keys = {"Ada": ["read", "operate"], "Bob": ["read", "review"]}
    secrets = {name: new_key() for name in keys}
    file = tmp_path / "keys.json"
    file.write_text(json.dumps([{"name": n, "sha256": hash_key(secrets[n]), "scopes": s} for n, s in keys.items()]))
    over = archive(registry=registry, intake=Place(registry, "models"))
    with api(over, api_keys_file=file) as client:
        headers = {name: {"X-API-Key": key} for name, key in secrets.items()}
        body = {"version": 1, "why": WHY}
        assert client.get(CELLS, headers=headers["Bob"]).status_code == 200
        for action, wanted in (
            ("promote", body),
            ("canary", body),
            ("shadow", {"versions": [], "why": WHY}),
            ("rollback", {"why": WHY}),
        ):
            answer = client.post(f"{CELLS}/{action}", json=wanted, headers=headers["Bob"])
            assert refused(answer, 403) == "Bob lacks the scope operate"
        assert client.post(PATH, json={}, headers=headers["Bob"]).status_code == 403
        answer = client.post(f"{CELLS}/promote", json=body, headers=headers["Ada"])
        assert answer.json()["changes"][0]["by"] == "Ada"


def test_what_serves_already_is_not_promoted_again(client: TestClient) -> None:
    first = done(client, "promote", version=1)
    assert done(client, "promote", version=1) == first


def test_a_version_is_refused_with_all_reasons(client: TestClient, registry: MemoryRegistry) -> None:
    done(client, "promote", version=1)
    says = not_done(client, "promote", version=4)
    for words in ("version 4 is not let through", "adds the label 'dirt'", "accuracy is 50.0%", "`force` overrules"):
        assert words in says
    assert "accuracy" in not_done(client, "promote", version=4, new_labels=True)
    assert "other preprocessing" in not_done(client, "canary", version=5, share=0.1)
    release = registry.release("cells")
    assert release
    assert release.revision == 1


def test_force_overrules_and_is_noted(client: TestClient) -> None:
    done(client, "promote", version=1)
    canary = done(client, "canary", version=4, share=0.1, force=True)
    assert "version 4 answers for 10.00% of the images; by force, although it adds" in canary.changes[-1].detail
    release = done(client, "promote", version=4, force=True, new_labels=True)
    assert release.serving == 4
    assert release.changes[-1].detail.startswith("version 4 serves, in place of 1; by force, although its accuracy is")


def test_a_canary_comes_and_goes(client: TestClient) -> None:
    done(client, "promote", version=1)
    release = done(client, "canary", version=2, share=0.05)
    assert release.canary == Canary(version=2, share=0.05)
    assert done(client, "canary", version=2, share=0.05) == release
    assert done(client, "canary", version=2, share=0.5).canary == Canary(version=2, share=0.5)
    for ending in ({"version": 2, "share": 0}, {"version": None}, {}):
        done(client, "canary", version=2, share=0.05)
        ended = done(client, "canary", **ending)
        assert (ended.canary, ended.serving) == (None, 1)
        assert ended.changes[-1].detail == "version 2 is no canary any more"
        assert done(client, "canary", **ending) == ended


def test_a_canary_that_is_promoted_serves_all(client: TestClient) -> None:
    done(client, "promote", version=1)
    done(client, "canary", version=2, share=0.05)
    release = done(client, "promote", version=2)
    assert (release.serving, release.canary, release.previous) == (2, None, 1)


def test_a_canary_stays_when_another_version_is_promoted(client: TestClient) -> None:
    done(client, "promote", version=1)
    done(client, "canary", version=2, share=0.05)
    assert done(client, "promote", version=3).canary == Canary(version=2, share=0.05)


def test_shadows_come_and_go(client: TestClient) -> None:
    done(client, "promote", version=1)
    release = done(client, "shadow", versions=[3, 2, 3])
    assert (release.shadows, release.changes[-1].detail) == ((3, 2), "looking on: 3, 2")
    assert done(client, "shadow", versions=[3, 2]) == release
    assert done(client, "canary", version=3, share=0.1).shadows == (2,)
    assert done(client, "promote", version=2).shadows == ()
    done(client, "shadow", versions=[1])
    ended = done(client, "shadow", versions=[])
    assert (ended.shadows, ended.changes[-1].detail) == ((), "no version looks on any more")


def test_a_version_has_one_part(client: TestClient) -> None:
    done(client, "promote", version=1)
    done(client, "canary", version=2, share=0.1)
    assert not_done(client, "canary", version=1, share=0.1) == (
        "version 1 serves already, so it cannot be tried on a part"
    )
    for version in (1, 2):
        says = not_done(client, "shadow", versions=[3, version])
        assert says == f"version {version} answers already, so it cannot look on"
    assert "version 5 cannot look on: it was made for other preprocessing" in not_done(client, "shadow", versions=[5])


def test_rolling_back_goes_to_the_version_before_and_ends_the_canary(client: TestClient) -> None:
    done(client, "promote", version=1)
    done(client, "promote", version=2)
    done(client, "canary", version=3, share=0.1)
    done(client, "shadow", versions=[1])
    release = done(client, "rollback")
    assert (release.serving, release.previous, release.canary, release.shadows) == (1, None, None, ())
    assert (release.changes[-1].action, release.changes[-1].detail) == (
        Action.ROLLBACK,
        "version 1 serves again, in place of 2",
    )
    assert "no version before it" in not_done(client, "rollback")
    done(client, "promote", version=3)
    assert done(client, "rollback").serving == 1


def test_rolling_back_asks_no_gate(client: TestClient) -> None:
    done(client, "promote", version=5, force=True)
    done(client, "promote", version=1, force=True)
    assert done(client, "rollback").serving == 5


def test_without_a_version_that_serves_there_is_nothing_else(client: TestClient) -> None:
    for action, body in (("canary", {"version": 1, "share": 0.1}), ("shadow", {"versions": [1]}), ("rollback", {})):
        assert not_done(client, action, **body) == "no version of cells serves yet: promote one first"


def test_what_somebody_else_has_just_changed(client: TestClient, registry: MemoryRegistry) -> None:
    done(client, "promote", version=1)
    look = registry.release

    def look_too_early(name: str) -> Release | None:
        release = look(name)
        registry.release = look  # type: ignore[method-assign]
        done(client, "promote", version=2)
        return release

    registry.release = look_too_early  # type: ignore[method-assign]
    assert "has changed meanwhile" in not_done(client, "promote", version=3)
    release = look("cells")
    assert release
    assert release.serving == 2


@pytest.mark.parametrize(
    ("action", "body", "says"),
    [
        ("promote", {"version": 1}, "body.why"),
        ("promote", {"version": 1, "why": ""}, "body.why"),
        ("promote", {"version": 1, "why": "x" * 501}, "body.why"),
        ("promote", {"version": 0, "why": WHY}, "body.version"),
        ("promote", {"version": 1, "why": WHY, "forced": True}, "body.forced"),
        ("canary", {"version": 1, "share": 1, "why": WHY}, "body.share"),
        ("canary", {"version": 1, "share": -0.1, "why": WHY}, "body.share"),
        ("shadow", {"versions": [1, 2, 3, 4, 5, 6], "why": WHY}, "body.versions"),
        ("rollback", {}, "body.why"),
    ],
)
def test_mistakes(client: TestClient, action: str, body: dict[str, Any], says: str) -> None:
    assert refused(client.post(f"{CELLS}/{action}", json=body), 422).startswith(says)
    assert "path.name" in refused(client.get(f"{PATH}/Cells"), 422)


def test_a_service_without_a_registry() -> None:
    with api(archive()) as client:
        for answer in (
            client.get(PATH),
            client.get(CELLS),
            client.post(f"{CELLS}/rollback", json={"why": WHY}),
            client.post(PATH, json=json.loads(manifest().to_json())),
        ):
            assert "LOUPE_MODEL_CONTAINER names no container" in refused(answer, 501)


def register(client: TestClient, wanted: Manifest) -> httpx2.Response:
    """What is said to a manifest."""
    return client.post(PATH, json=json.loads(wanted.to_json()))


def test_a_version_is_registered_when_its_files_are_there(client: TestClient, registry: MemoryRegistry) -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    wanted = manifest(6, files={MODEL_FILE: digest})
    begun = register(client, wanted).json()
    assert (begun["is_registered"], begun["headers"]) == (False, {"x-ms-blob-type": "BlockBlob"})
    (link,) = begun["uploads"]
    assert link == {"file": MODEL_FILE, "url": "https://storage.invalid/models/cells/6/model.onnx?create"}
    assert registry.versions("cells")[0].version == 5
    registry.blobs["cells/6/model.onnx"] = b"test"
    for _ in range(2):
        ended = register(client, wanted).json()
        assert (ended["is_registered"], ended["uploads"], ended["expires_at"]) == (True, [], None)
    assert registry.versions("cells")[0] == wanted


def test_a_version_with_other_content_is_not_registered(client: TestClient, registry: MemoryRegistry) -> None:
    assert "is registered already" in refused(register(client, manifest(1)), 409)
    registry.blobs["cells/6/model.onnx"] = b"test"
    assert "begun to register another version 6" in refused(register(client, manifest(6)), 409)
    assert registry.versions("cells")[0].version == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "../cells"}, "body.name"),
        ({"files": {"../../other/1/model.onnx": "0"}}, "body.files"),
        ({"files": {"manifest.json": "0"}}, "must not name manifest.json"),
        ({"files": {}}, "must name model.onnx"),
        ({"files": {"training.json": "0"}}, "must name model.onnx"),
        ({"version": 10**12}, "body.version"),
        ({"labels": ["one"]}, "body.labels"),
    ],
)
def test_a_manifest_that_makes_no_sense(client: TestClient, change: dict[str, Any], says: str) -> None:
    document = json.loads(manifest(6).to_json()) | change
    assert says in refused(client.post(PATH, json=document), 422)
