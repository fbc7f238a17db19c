"""The study of how many labels the review queue saves, where a mistake would not show."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from bench.active_learning.embedded import Embedded, embedded
from bench.active_learning.fashion import LABELS, Bytes, read
from bench.active_learning.outcome import Needed, compared, needed
from bench.active_learning.reviewing import Reviewing, archive
from bench.active_learning.study import FIRST, Run, Study, full_accuracy, learn
from loupe_shared.embedding import Floats, quantize, stack
from loupe_shared.errors import ConfigurationError
from tests.factories import BUNDLE

WIDTH = 32


def clusters(count: int, seed: int) -> Embedded:
    """Embeddings of ten kinds of things, of which the last two are hard to tell apart."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((len(LABELS), WIDTH))
    centres[-1] = centres[-2] + 0.15 * centres[-1]
    targets = chance.integers(len(LABELS), size=count)
    kept = quantize((centres[targets] + 0.3 * chance.standard_normal((count, WIDTH))).astype(np.float32))
    return Embedded(stack([one.values for one in kept]), np.array([one.scale for one in kept], np.float32), targets)


def write_idx(path: Path, values: Bytes) -> None:
    """A file as Fashion-MNIST has it."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(gzip.compress(header + values.tobytes()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder like that of Fashion-MNIST, with 20 pictures to train with, and 10 to test with."""
    folder = tmp_path / "data"
    folder.mkdir()
    for seed, (part, count) in enumerate((("train", 20), ("t10k", 10))):
        chance = np.random.default_rng(seed)
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", chance.integers(0, 256, (count, 28, 28), np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", chance.integers(0, 10, count, np.uint8))
    return folder


def test_without_the_pictures_it_is_said_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="apt install dataset-fashion-mnist"):
        read(tmp_path, "train")


def test_embeddings_are_made_once_and_are_of_the_pictures_in_their_order(data: Path, tmp_path: Path) -> None:
    pool, test = embedded(data, BUNDLE, (12, 10), tmp_path / "kept")
    assert (pool.vectors.shape, test.vectors.shape) == ((12, 1280), (10, 1280))
    assert pool.vectors.dtype == np.int8
    drawn = np.random.default_rng(0).choice(20, 12, replace=False)
    assert np.array_equal(pool.targets, read(data, "train")[1][drawn])
    assert len(np.unique(pool.vectors, axis=0)) == 12
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}
    again, _ = embedded(data, BUNDLE, (12, 10), tmp_path / "kept")
    assert np.array_equal(again.floats, pool.floats)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()} == kept


def sure_of(certain: list[float]) -> Floats:
    """Probabilities of two labels, the first of which has these."""
    return np.array([[one, 1 - one] for one in certain], np.float32)


def test_the_queue_chooses_what_is_uncertain_and_unlike_and_nothing_twice(tmp_path: Path) -> None:
    axes = np.eye(6, dtype=np.float32)
    embeddings = quantize(axes[[0, 1, 2, 2, 3, 4]])
    with archive(tmp_path) as store:
        reviewing = Reviewing(store, embeddings, ("a", "b"), [0, 1, 0, 0, 1, 0], first=[0])
        probabilities = sure_of([0.5, 0.99, 0.52, 0.53, 0.6, 0.9])
        assert reviewing.next(probabilities, 2) == [2, 4]  # 3 is like 2
        assert reviewing.next(1 - probabilities, 2) == [3, 5]
        assert reviewing.next(probabilities, 2) == [1]
        assert reviewing.next(probabilities, 2) == []


def test_what_an_earlier_head_said_otherwise_is_asked_first(tmp_path: Path) -> None:
    embeddings = quantize(np.eye(3, dtype=np.float32))
    with archive(tmp_path) as store:
        reviewing = Reviewing(store, embeddings, ("a", "b"), [0, 1, 0], first=[])
        assert reviewing.next(sure_of([0.5, 0.9, 0.8]), 1) == [0]
        assert reviewing.next(sure_of([0.5, 0.2, 0.7]), 1) == [1]


def test_runs_of_a_seed_begin_alike_and_are_the_same_again() -> None:
    study = Study(clusters(600, 1), clusters(400, 2), each=40, most=130)
    queue, chance = learn(study, "queue", 3), learn(study, "chance", 3)
    assert queue.labels == chance.labels == (FIRST, FIRST + 40, FIRST + 80)
    assert queue.accuracy[0] == chance.accuracy[0]
    assert learn(study, "queue", 3) == queue
    assert learn(study, "chance", 4) != chance
    assert full_accuracy(study) > max(chance.accuracy) - 0.02 > 0.5


def test_the_labels_that_an_accuracy_needs() -> None:
    run = Run("queue", 0, (50, 80, 110), (0.5, 0.6, 0.8))
    assert needed(run, 0.5) == 50
    assert needed(run, 0.7) == pytest.approx(95)
    assert needed(run, 0.9) is None
    chance = Run("chance", 0, (50, 80, 110), (0.5, 0.5, 0.625))
    assert compared([run, chance], 0.5625) == [Needed(0, pytest.approx(68.75), 95)]  # type: ignore[arg-type]
    (found,) = compared([run, chance], 0.5625)
    assert found.ratio == pytest.approx(68.75 / 95)
    assert compared([run, chance], 0.7)[0].chance is None
    assert compared([run, chance], 0.7)[0].ratio is None
