"""Which model answers while another takes its place."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loupe_inference.lineup import Lineup
from loupe_inference.model import ServedModel, load_model
from loupe_inference.serving import BundleWatch, Serving
from loupe_inference.settings import InferenceSettings
from loupe_shared.bundle import Bundle
from loupe_shared.errors import InvalidBundle
from loupe_shared.release.release import Canary, Release
from tests.bundles import link_bundle, publish_bundle
from tests.model_versions import is_closed, model
from tests.waiting import wait_for

POLL_S = 0.02


def test_a_job_keeps_its_model() -> None:
    old, new = model(1), model(2)
    serving = Serving(Lineup.of(old))
    with serving.lineup() as mine:
        assert serving.version == old.version
        serving.replace(Lineup.of(new))
        assert serving.version == new.version
        assert mine.serving is old
        assert not is_closed(old)
        with serving.lineup() as other:
            assert other.serving is new
    assert is_closed(old)
    assert not is_closed(new)


def test_a_model_without_jobs_goes_at_once() -> None:
    old = model(1)
    Serving(Lineup.of(old)).replace(Lineup.of(model(2)))
    assert is_closed(old)


def test_what_is_in_the_next_line_up_too_goes_on() -> None:
    serves, looks_on, comes = model(1), model(2), model(3)
    release = Release(name="colors", serving=1, shadows=(2,))
    serving = Serving(Lineup(release, {1: serves}, (looks_on,)))
    serving.replace(
        Lineup(Release(name="colors", serving=3, canary=Canary(version=1, share=0.5)), {3: comes, 1: serves})
    )
    assert [is_closed(one) for one in (serves, looks_on, comes)] == [False, True, False]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A link to a copy of the bundle that Loupe comes with."""
    return link_bundle(tmp_path)


@pytest.fixture
def watch(folder: Path) -> Iterator[BundleWatch]:
    """A worker's watch over it."""
    settings = InferenceSettings(
        broker_url="redis://nowhere",
        storage_account="a",
        blob_endpoint="http://nowhere",
        model_bundle=folder,
        max_batch_size=1,
    )
    with closing(BundleWatch(folder, lambda: load_model(settings, Bundle.load(folder)), POLL_S)) as watch:
        yield watch


def version(watch: BundleWatch) -> int:
    """Of the model that answers."""
    return watch.serving.version.version


def test_another_bundle_answers_from_when_it_is_there(folder: Path, watch: BundleWatch) -> None:
    assert version(watch) == 1
    publish_bundle(folder, 2)
    wait_for(lambda: version(watch) == 2, "the second version")


def test_a_bundle_that_is_half_there_is_waited_for(folder: Path, watch: BundleWatch) -> None:
    real = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(real[:1000])
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": 2}))
    watch.look()
    assert version(watch) == 1
    (folder / "model.onnx").write_bytes(real)
    wait_for(lambda: version(watch) == 2, "the second version")


def test_a_bundle_that_goes_away_leaves_the_model(folder: Path, watch: BundleWatch) -> None:
    folder.unlink()
    watch.look()
    assert version(watch) == 1


def test_without_a_bundle_nothing_starts(tmp_path: Path) -> None:
    def load() -> ServedModel:
        raise InvalidBundle("there is none")

    with pytest.raises(InvalidBundle):
        BundleWatch(tmp_path, load, POLL_S)
    assert "bundle-watch" not in {thread.name for thread in threading.enumerate()}
