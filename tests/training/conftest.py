"""A drawn data set, and a model that was trained on it."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from rich.console import Console

from loupe_training.datasets.snapshot import Snapshot
from loupe_training.progress import Bars
from loupe_training.synthetic import draw_snapshot
from loupe_training.training.plan import Plan, Views
from loupe_training.training.run import Run, train

SIZE = 64

# So small that an epoch takes a second or two.
PLAN = Plan(size=SIZE, views=Views.TURNED, epochs=2, batch_size=8, learning_rate=2e-4, frozen_stages=12)


@pytest.fixture(scope="session", autouse=True)
def _no_tracking() -> Iterator[None]:
    """Runs of tests are nobody's runs, unless a test says where they go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "none")
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tests run beside others; threads that wait for each other cost more than they bring."""
    torch.set_num_threads(1)


@pytest.fixture
def bars() -> Bars:
    """Bars that nobody sees."""
    return Bars(Console(file=io.StringIO()))


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Surfaces, some with a scratch and some with a stain."""
    return draw_snapshot(tmp_path_factory.mktemp("drawn") / "snapshot", of_each=16, size=SIZE)


@pytest.fixture(scope="session")
def snapshot_folder(snapshot: Snapshot) -> Path:
    """Where that lies."""
    return snapshot.images.parent


@pytest.fixture(scope="session")
def bundle(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a short training."""
    folder = tmp_path_factory.mktemp("trained")
    return train(snapshot, PLAN, Run(folder, "surfaces"), Bars(Console(file=io.StringIO())))
