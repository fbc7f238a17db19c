"""Which model answers while another takes its place."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loupe_inference.batcher import Batcher
from loupe_inference.model import ServedModel, load_model
from loupe_inference.serving import BundleWatch, Serving
from loupe_inference.settings import InferenceSettings
from loupe_shared.errors import InvalidBundle
from loupe_shared.preprocess import Preprocessing
from loupe_shared.result import ModelVersion
from tests.bundles import link_bundle, publish_bundle
from tests.fakes import COLORS, ColorSession
from tests.waiting import wait_for

RULE = Preprocessing(size=8, crop=1.0, resample="bilinear", oversample=0.0)
POLL_S = 0.02


def model(version: int) -> ServedModel:
    """A model."""
    named = ModelVersion(name="colors", version=version, preprocessing_hash="h")
    return ServedModel(
        named,
        COLORS,
        RULE,
        embeds=True,
        key=bytes(32),
        batcher=Batcher(ColorSession(), RULE.size, 2, streams=1, writers=1),
    )


def is_closed(served: ServedModel) -> bool:
    """Whether its streams have ended."""
    return not any(stream.is_alive() for stream in served.batcher.streams)


def test_a_job_keeps_its_model() -> None:
    old, new = model(1), model(2)
    serving = Serving(old)
    with serving.model() as mine:
        assert serving.version == old.version
        serving.replace(new)
        assert serving.version == new.version
        assert mine is old
        assert not is_closed(old)
        with serving.model() as other:
            assert other is new
    assert is_closed(old)
    assert not is_closed(new)


def test_a_model_without_jobs_goes_at_once() -> None:
    old = model(1)
    Serving(old).replace(model(2))
    assert is_closed(old)


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
    with closing(BundleWatch(folder, lambda: load_model(settings), POLL_S)) as watch:
        yield watch


def version(watch: BundleWatch) -> int:
    """Of the model that answers."""
    with watch.serving.model() as served:
        return served.version.version


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
