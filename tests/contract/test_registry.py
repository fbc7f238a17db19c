"""The registry of models: the one in memory, and the one in real blob storage."""

import hashlib
import json
import logging
import resource
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from loupe_shared.adapters import blob_service
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.memory_registry import MemoryRegistry
from loupe_shared.adapters.stored_registry import StoredRegistry
from loupe_shared.bundle import MANIFEST_FILE, MODEL_FILE, Bundle, Manifest
from loupe_shared.errors import InvalidBundle, StorageUnavailable
from loupe_shared.release.ports import ReleaseChanged, VersionExists, VersionUnknown
from loupe_shared.release.release import Action, Canary, Change, Release
from loupe_shared.settings import StorageSettings
from tests.factories import BUNDLE, NOON
from tests.manifests import write_bundle

CHANGE = Change(action=Action.PROMOTE, at=NOON, by="Ada", why="it is better", detail="version 1 serves")
FIRST = Release(name="cells", serving=1).changed(CHANGE)


class Kept:
    """A registry, and what lies behind it."""

    def __init__(
        self, registry: StoredRegistry, put: Callable[[str, bytes], None], remove: Callable[[str], None]
    ) -> None:
        self.registry = registry
        self.put = put
        self.remove = remove


@pytest.fixture
def storage(storage_settings: StorageSettings) -> Iterator[BlobServiceClient]:
    """The storage account."""
    with connect(storage_settings) as storage:
        yield storage


@pytest.fixture
def container(storage: BlobServiceClient) -> ContainerClient:
    """A container for models."""
    return storage.create_container(f"models-{uuid.uuid4().hex}")


@pytest.fixture(params=["memory", "blob"])
def kept(request: pytest.FixtureRequest) -> Kept:
    """Each kind of registry."""
    if request.param == "memory":
        memory = MemoryRegistry()
        return Kept(memory, memory.blobs.__setitem__, memory.blobs.__delitem__)
    storage, container = request.getfixturevalue("storage"), request.getfixturevalue("container")
    return Kept(
        BlobRegistry(storage, container.container_name),
        lambda path, content: container.upload_blob(path, content, overwrite=True) and None,
        container.delete_blob,
    )


@pytest.fixture
def registry(kept: Kept) -> StoredRegistry:
    """Each kind of registry."""
    return kept.registry


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A small bundle, version 1."""
    return write_bundle(tmp_path / "made")


def test_a_registry_begins_empty(registry: StoredRegistry, tmp_path: Path) -> None:
    assert (registry.names(), registry.versions("cells"), registry.release("cells")) == ([], [], None)
    with pytest.raises(VersionUnknown, match="no version 1 of the model cells"):
        registry.fetch("cells", 1, tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


def test_versions_are_listed_by_number_the_newest_first(registry: StoredRegistry, tmp_path: Path) -> None:
    for name, version in (("cells", 9), ("cells", 10), ("cells", 1), ("cell", 3), ("cells-2", 4)):
        registry.register(write_bundle(tmp_path / f"{name}{version}", version, name))
    assert registry.names() == ["cell", "cells", "cells-2"]
    assert [manifest.version for manifest in registry.versions("cells")] == [10, 9, 1]
    assert registry.versions("cell") == [Bundle.load(tmp_path / "cell3").manifest]
    assert registry.versions("cel") == []


def test_a_bundle_comes_back_as_it_went(registry: StoredRegistry, bundle: Bundle, tmp_path: Path) -> None:
    registry.register(bundle)
    found = registry.fetch("cells", 1, tmp_path / "cache" / "cells" / "1")
    assert (found.manifest, found.folder) == (bundle.manifest, tmp_path / "cache" / "cells" / "1")
    for file in bundle.manifest.files:
        assert (found.folder / file).read_bytes() == (bundle.folder / file).read_bytes()
    assert [path.name for path in found.folder.parent.iterdir()] == ["1"]


def test_the_bundle_that_loupe_comes_with(registry: StoredRegistry, tmp_path: Path) -> None:
    registry.register(Bundle.load(BUNDLE))
    assert registry.fetch("efficientnet-lite0", 1, tmp_path / "1").manifest == Bundle.load(BUNDLE).manifest


def test_one_file_of_a_version_can_be_read(kept: Kept, bundle: Bundle) -> None:
    kept.registry.register(bundle)
    assert kept.registry.read("cells", 1, "training.json") == b"{}"
    assert kept.registry.read("cells", 1, "reference.json") is None
    with pytest.raises(VersionUnknown, match="no version 2 of the model cells"):
        kept.registry.read("cells", 2, "training.json")
    kept.put("cells/1/training.json", b"[]")
    with pytest.raises(InvalidBundle, match=r"cells/1/training\.json is not the file that the manifest describes"):
        kept.registry.read("cells", 1, "training.json")
    kept.remove("cells/1/training.json")
    with pytest.raises(VersionUnknown, match="is not whole any more"):
        kept.registry.read("cells", 1, "training.json")


def test_what_is_there_is_not_fetched_again(kept: Kept, bundle: Bundle, tmp_path: Path) -> None:
    kept.registry.register(bundle)
    kept.registry.fetch("cells", 1, tmp_path / "1")
    for file in (*bundle.manifest.files, MANIFEST_FILE):
        kept.remove(f"cells/1/{file}")
    assert kept.registry.fetch("cells", 1, tmp_path / "1").manifest == bundle.manifest


def test_registering_the_same_again_changes_nothing(registry: StoredRegistry, bundle: Bundle) -> None:
    registry.register(bundle)
    registry.register(bundle)
    assert registry.versions("cells") == [bundle.manifest]


@pytest.mark.parametrize("difference", [{"graph": b"another"}, {"labels": ("sound", "crack")}])
def test_a_version_is_never_altered(
    registry: StoredRegistry, bundle: Bundle, tmp_path: Path, difference: dict[str, bytes]
) -> None:
    registry.register(bundle)
    with pytest.raises(VersionExists, match=r"version 1 of cells is registered already.*under the next number"):
        registry.register(write_bundle(tmp_path / "other", **difference))  # type: ignore[arg-type]
    assert registry.fetch("cells", 1, tmp_path / "1").manifest == bundle.manifest


def test_a_version_is_seen_when_all_of_it_is_there(kept: Kept, bundle: Bundle, tmp_path: Path) -> None:
    kept.put(f"cells/1/{MODEL_FILE}", b"graph")
    assert (kept.registry.names(), kept.registry.versions("cells")) == ([], [])
    with pytest.raises(VersionUnknown):
        kept.registry.fetch("cells", 1, tmp_path / "1")
    assert kept.registry.missing(bundle.manifest) == ["training.json"]
    kept.registry.register(bundle)  # goes on where it broke off
    assert (kept.registry.names(), kept.registry.missing(bundle.manifest)) == (["cells"], [])


def test_what_others_have_begun_to_register_is_not_mixed_with(kept: Kept, bundle: Bundle) -> None:
    kept.put("cells/1/training.json", b"others")
    with pytest.raises(VersionExists, match=r"begun to register another version 1 .* another training\.json"):
        kept.registry.register(bundle)
    assert kept.registry.versions("cells") == []


def test_of_those_who_register_a_version_at_the_same_time_one_prevails(
    registry: StoredRegistry, tmp_path: Path
) -> None:
    bundles = [write_bundle(tmp_path / str(number), graph=bytes([number]) * 9) for number in range(6)]
    together = threading.Barrier(len(bundles))

    def register(bundle: Bundle) -> bool:
        together.wait()
        try:
            registry.register(bundle)
        except VersionExists:
            return False
        return True

    with ThreadPoolExecutor(len(bundles)) as pool:
        prevailed = list(pool.map(register, bundles))
    assert prevailed.count(True) == 1
    for bundle, has_prevailed in zip(bundles, prevailed, strict=True):
        if has_prevailed:
            assert registry.fetch("cells", 1, tmp_path / "fetched").manifest == bundle.manifest


def test_many_fetch_a_bundle_into_one_folder(registry: StoredRegistry, bundle: Bundle, tmp_path: Path) -> None:
    registry.register(bundle)
    folder = tmp_path / "cache" / "1"
    together = threading.Barrier(8)

    def fetch(_: int) -> Manifest:
        together.wait()
        return registry.fetch("cells", 1, folder).manifest

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fetch, range(8))) == [bundle.manifest] * 8
    assert list(folder.parent.iterdir()) == [folder]


def test_what_was_altered_on_this_machine_is_replaced(registry: StoredRegistry, bundle: Bundle, tmp_path: Path) -> None:
    registry.register(bundle)
    folder = registry.fetch("cells", 1, tmp_path / "cache" / "1").folder
    (folder / MODEL_FILE).write_bytes(b"altered")
    assert registry.fetch("cells", 1, folder).manifest == bundle.manifest
    assert (folder / MODEL_FILE).read_bytes() == b"graph"
    assert list(folder.parent.iterdir()) == [folder]


def test_what_was_altered_in_storage_is_not_taken(kept: Kept, bundle: Bundle, tmp_path: Path) -> None:
    kept.registry.register(bundle)
    kept.put(f"cells/1/{MODEL_FILE}", b"altered")
    with pytest.raises(InvalidBundle, match="not the file that the manifest describes"):
        kept.registry.fetch("cells", 1, tmp_path / "cache" / "1")
    kept.remove(f"cells/1/{MODEL_FILE}")
    with pytest.raises(VersionUnknown, match="not whole any more"):
        kept.registry.fetch("cells", 1, tmp_path / "cache" / "1")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_was_made_for_other_preprocessing_is_not_taken(kept: Kept, bundle: Bundle, tmp_path: Path) -> None:
    kept.registry.register(bundle)
    other = bundle.manifest.model_copy(update={"version": 2, "preprocessing_hash": "0"})
    for file in other.files:
        kept.put(f"cells/2/{file}", (bundle.folder / file).read_bytes())
    kept.registry.complete(other)
    with pytest.raises(InvalidBundle, match="other preprocessing"):
        kept.registry.fetch("cells", 2, tmp_path / "2")
    assert not (tmp_path / "2").exists()


@pytest.mark.parametrize("content", [b"{", b'{"schema_version": 2}', None])
def test_a_manifest_that_is_not_understood_is_left_out(
    kept: Kept, bundle: Bundle, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    kept.registry.register(bundle)
    kept.put(f"cells/2/{MANIFEST_FILE}", bundle.manifest.to_json().encode() if content is None else content)
    assert [manifest.version for manifest in kept.registry.versions("cells")] == [1]
    assert "cells/2/manifest.json is" in caplog.text


def test_names_of_files_stay_in_their_folder(bundle: Bundle) -> None:
    document = json.loads(bundle.manifest.to_json())
    for file in ("../evil", "a/b", ".hidden", "/etc/passwd", "a\\b", "", "manifest.json"):
        with pytest.raises(ValueError, match="files"):
            Manifest.model_validate(document | {"files": document["files"] | {file: "0" * 64}})


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """No file can be longer, which programs see as they see a full disk: a write fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing(registry: StoredRegistry, tmp_path: Path) -> None:
    registry.register(write_bundle(tmp_path / "made", graph=b"x" * 3_000_000))
    with disk_with_room_for(1_000_000), pytest.raises(InvalidBundle, match="cannot be written: "):
        registry.fetch("cells", 1, tmp_path / "cache" / "1")
    assert list((tmp_path / "cache").iterdir()) == []
    assert registry.fetch("cells", 1, tmp_path / "cache" / "1").folder.is_dir()


def test_a_release_is_kept(registry: StoredRegistry) -> None:
    registry.replace(FIRST)
    assert registry.release("cells") == FIRST
    second = FIRST.changed(CHANGE, canary=Canary(version=2, share=0.5))
    registry.replace(second)
    assert registry.release("cells") == second
    assert registry.release("cell") is None


def test_a_release_is_only_replaced_as_it_was_read(registry: StoredRegistry) -> None:
    registry.replace(FIRST)
    for changed in (
        Release(name="cells", serving=2).changed(CHANGE),  # there is one already
        FIRST.changed(CHANGE).changed(CHANGE, serving=2),  # nobody has seen the one before
    ):
        with pytest.raises(ReleaseChanged, match="look at it, and try again"):
            registry.replace(changed)
    assert registry.release("cells") == FIRST


def test_a_release_that_is_written_twice_is_written(registry: StoredRegistry) -> None:
    registry.replace(FIRST)
    registry.replace(FIRST)
    second = FIRST.changed(CHANGE, serving=2)
    registry.replace(second)
    registry.replace(second)
    assert registry.release("cells") == second


def test_of_those_who_change_a_release_at_the_same_time_one_prevails(registry: StoredRegistry) -> None:
    registry.replace(FIRST)
    together = threading.Barrier(8)

    def change(version: int) -> int | None:
        changed = FIRST.changed(CHANGE, serving=version)
        together.wait()
        try:
            registry.replace(changed)
        except ReleaseChanged:
            return None
        return version

    with ThreadPoolExecutor(8) as pool:
        (prevailed,) = filter(None, pool.map(change, range(2, 10)))
    release = registry.release("cells")
    assert release
    assert (release.serving, release.revision) == (prevailed, 2)


def test_a_release_that_is_none(kept: Kept) -> None:
    kept.put("cells/release.json", b"{}")
    with pytest.raises(StorageUnavailable, match=r"cells/release\.json is no release"):
        kept.registry.release("cells")


def test_a_container_that_is_missing_is_no_empty_one(
    storage: BlobServiceClient, bundle: Bundle, tmp_path: Path
) -> None:
    registry = BlobRegistry(storage, f"never-{uuid.uuid4().hex}")
    for ask in (
        registry.names,
        lambda: registry.versions("cells"),
        lambda: registry.release("cells"),
        lambda: registry.register(bundle),
        lambda: registry.replace(FIRST),
        lambda: registry.fetch("cells", 1, tmp_path / "1"),
    ):
        with pytest.raises(StorageUnavailable, match="ContainerNotFound"):
            ask()


def test_storage_that_is_away(
    storage_settings: StorageSettings, unused_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_service, "RETRIES", 0)
    away = storage_settings.model_copy(update={"blob_endpoint": f"http://127.0.0.1:{unused_port}/devstoreaccount1"})
    with connect(away) as storage:
        registry = BlobRegistry(storage, "models")
        with pytest.raises(StorageUnavailable):
            registry.names()
        with pytest.raises(StorageUnavailable):
            registry.fetch("cells", 1, tmp_path / "1")
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_of_many_parts(container: ContainerClient, storage: BlobServiceClient, tmp_path: Path) -> None:
    graph = bytes(70 * 1024 * 1024)  # longer than what is sent, or given, at once
    bundle = write_bundle(tmp_path / "made", graph=graph)
    registry = BlobRegistry(storage, str(container.container_name))
    registry.register(bundle)
    shutil.rmtree(bundle.folder)
    found = registry.fetch("cells", 1, tmp_path / "1")
    assert hashlib.sha256((found.folder / MODEL_FILE).read_bytes()).digest() == hashlib.sha256(graph).digest()
