"""The training loop: what it promises whatever it learns."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from loupe_shared.errors import ConfigurationError
from loupe_training.backbones import BACKBONES
from loupe_training.network import Classifier
from loupe_training.training.checkpoint import CHECKPOINT_FILE, Checkpoint
from loupe_training.training.features import FreshFeatures, KeptFeatures
from loupe_training.training.head import Examples, fit_head, label_weights
from loupe_training.training.plan import Plan, Views
from loupe_training.training.run import prepared
from loupe_training.training.trainer import Course, Validation, embeddings_of, fine_tune
from loupe_training.training.views import COUNTS, lit, view
from tests.training.conftest import PLAN, SIZE

CPU = torch.device("cpu")


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def pixels() -> Any:  # noqa: ANN401
    """Dark pictures and bright ones."""
    chance = np.random.default_rng(0)
    bright = np.arange(24)[:, None, None, None] % 2 * 60
    return (chance.integers(0, 150, (24, SIZE, SIZE, 3)) + bright).astype(np.uint8)


@pytest.fixture(scope="module")
def targets() -> Any:  # noqa: ANN401
    """Which is which."""
    return np.arange(24) % 2


def network_of(plan: Plan) -> Classifier:
    """A network before its training."""
    prepared("cpu", plan.seed)
    backbone = BACKBONES[plan.backbone]
    network = Classifier(backbone, backbone.load(plan.weights, plan.size), 2, plan.frozen_stages)
    network.eval()
    return network


def trained(plan: Plan, folder: Path, pixels: Any, targets: Any, kill_in: int | None = None) -> Classifier:  # noqa: ANN401
    """A network after its training, which may be killed in the middle of an epoch."""

    def epoch(number: int, _steps: int) -> AbstractContextManager[Any]:
        def step() -> None:
            if number == kill_in:
                raise Killed

        return nullcontext(step)

    network = network_of(plan)
    features = FreshFeatures(network, pixels, 0.0, CPU)
    validation = Validation(pixels[:8], targets[:8])
    fine_tune(network, features, targets, validation, plan, Course(folder, "these pictures", epoch))
    return network


def same(one: Classifier, other: Classifier) -> bool:
    """Whether two networks are the same to the last bit."""
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("weights", ["published", "none"])
def test_an_interrupted_training_ends_as_one_that_was_not(
    weights: str,
    tmp_path: Path,
    pixels: Any,  # noqa: ANN401
    targets: Any,  # noqa: ANN401
) -> None:
    plan = PLAN.model_copy(
        update={"epochs": 3, "weights": weights, "frozen_stages": 12 if weights == "published" else 0}
    )
    (tmp_path / "whole").mkdir()
    whole = trained(plan, tmp_path / "whole", pixels, targets)
    with pytest.raises(Killed):
        trained(plan, tmp_path, pixels, targets, kill_in=2)
    assert same(trained(plan, tmp_path, pixels, targets), whole)
    # The best epoch may be an early one, so where both ended is compared, too.
    one, other = (Checkpoint.load(folder, "these pictures") for folder in (tmp_path, tmp_path / "whole"))
    assert one
    assert other
    assert all(torch.equal(one.network[name], other.network[name]) for name in one.network)
    assert not all(torch.equal(one.network[name], value) for name, value in network_of(plan).state_dict().items())
    assert [epoch.loss for epoch in one.history] == [epoch.loss for epoch in other.history]


def test_another_seed_gives_another_model(tmp_path: Path, pixels: Any, targets: Any) -> None:  # noqa: ANN401
    models: list[Classifier] = []
    for seed in (0, 0, 1):
        folder = tmp_path / str(len(models))
        folder.mkdir()
        plan = PLAN.model_copy(update={"epochs": 1, "seed": seed})
        models.append(trained(plan, folder, pixels, targets))
    assert same(models[0], models[1])
    assert not same(models[0], models[2])


def test_frozen_stages_keep_their_weights_and_the_others_learn(
    tmp_path: Path,
    pixels: Any,  # noqa: ANN401
    targets: Any,  # noqa: ANN401
) -> None:
    plan = PLAN.model_copy(update={"epochs": 2})
    before, after = network_of(plan), trained(plan, tmp_path, pixels, targets)
    frozen = zip(before.frozen_stages.parameters(), after.frozen_stages.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in frozen)
    learnt = zip(before.trained_stages.parameters(), after.trained_stages.parameters(), strict=True)
    assert any(not torch.equal(one, other) for one, other in learnt)


def test_it_ends_early_when_nothing_gets_better(tmp_path: Path, pixels: Any, targets: Any) -> None:  # noqa: ANN401
    """A head that knows everything already cannot get better."""
    plan = PLAN.model_copy(update={"epochs": 9, "patience": 2, "learning_rate": 1e-9, "head_learning_rate": 1e-9})
    network = network_of(plan)
    examples = Examples(embeddings_of(network, pixels), targets)
    head = fit_head(examples, examples, 2, balance=True)
    network.take_head(head.weights * 100, head.bias * 100)
    course = Course(tmp_path, "", lambda *_: nullcontext(lambda: None))
    features = FreshFeatures(network, pixels, 0.0, CPU)
    history = fine_tune(network, features, targets, Validation(pixels[:8], targets[:8]), plan, course)
    assert history[-1].number < 9


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    Checkpoint("one", {}, {}, {}, []).save(tmp_path)
    assert Checkpoint.load(tmp_path, "one") is not None
    with pytest.raises(ConfigurationError, match="of another training"):
        Checkpoint.load(tmp_path, "other")


def test_a_checkpoint_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_FILE).write_bytes(b"PK half a file")
    with pytest.raises(ConfigurationError, match=r"cannot be read.*Remove it"):
        Checkpoint.load(tmp_path, "one")


@pytest.mark.parametrize("views", Views)
def test_kept_features_are_those_that_would_be_computed(views: Views, tmp_path: Path, pixels: Any) -> None:  # noqa: ANN401
    network = network_of(PLAN)
    kept = KeptFeatures(network, pixels, COUNTS[views], tmp_path, CPU, lambda _: None)
    fresh = FreshFeatures(network, pixels, 0.0, CPU)
    generator = torch.Generator().manual_seed(0)
    places, shown = torch.arange(len(pixels)), torch.arange(len(pixels)) % COUNTS[views]
    one, other = (features.batch(places, shown, generator) for features in (kept, fresh))
    assert one.shape == other.shape
    assert torch.allclose(one, other, rtol=2e-3, atol=2e-3)  # half precision
    assert not list(tmp_path.iterdir())


def test_views_are_all_ways_to_lay_a_picture_down() -> None:
    picture = torch.arange(3 * 9, dtype=torch.uint8).reshape(1, 3, 3, 3)
    views = [view(picture, number) for number in range(8)]
    assert len({tuple(one.flatten().tolist()) for one in views}) == 8
    assert torch.equal(views[1], picture.flip(2))
    corners = {int(one[0, 0, 0, 0]) for one in views}
    assert corners == {int(picture[0, row, column, 0]) for row in (0, 2) for column in (0, 2)}


def test_light_changes_each_picture_by_no_more_than_is_said() -> None:
    grey = torch.full((64, 4, 4, 3), 127, dtype=torch.uint8)
    changed = lit(grey, 0.1, torch.Generator().manual_seed(0)).float()
    assert (changed - 127).abs().max() <= 0.1 * 255 + 1
    assert changed[:, 0, 0, 0].unique().numel() > 10


def test_rare_labels_weigh_as_much_as_frequent_ones() -> None:
    targets = np.array([0] * 30 + [1] * 10)
    weights = label_weights(targets, 2).numpy()
    assert weights[0] * 30 == pytest.approx(weights[1] * 10)
    assert np.mean(weights[targets]) == pytest.approx(1.0)
