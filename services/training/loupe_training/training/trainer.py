"""The training loop."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from loupe_shared.preprocess import Pixels
from loupe_training.backbones import FROM_SCRATCH
from loupe_training.evaluation.answers import Floats, Integers
from loupe_training.evaluation.metrics import balanced_accuracy
from loupe_training.network import Classifier, pooled
from loupe_training.training.checkpoint import Checkpoint, Epoch
from loupe_training.training.features import Features
from loupe_training.training.head import calibrated_loss, label_weights
from loupe_training.training.plan import Plan
from loupe_training.training.views import COUNTS

log = logging.getLogger(__name__)

WARM_UP_EPOCHS = 1
MAX_GRADIENT = 5.0
BATCH_SIZE = 16


@dataclass(frozen=True)
class Validation:
    """The validation split, decoded.

    Attributes:
        pixels: ``uint8[N, size, size, 3]``.
        targets: ``int64[N]``.
    """

    pixels: Pixels
    targets: Integers


@dataclass(frozen=True)
class Course:
    """What the loop tells and asks while it runs.

    Attributes:
        folder: of checkpoints.
        belongs_to: see ``Checkpoint``.
        epoch: called when an epoch begins, with its number and its steps; gives what a step is told to.
        ended: called when an epoch has ended and its checkpoint is written; also before the first, with what the head
            alone gave.
    """

    folder: Path
    belongs_to: str
    epoch: Callable[[int, int], AbstractContextManager[Callable[[], None]]]
    ended: Callable[[Epoch], None] = lambda _: None


def fine_tune(
    network: Classifier,
    features: Features,
    targets: Integers,
    validation: Validation,
    plan: Plan,
    course: Course,
) -> list[Epoch]:
    """Train all but the frozen stages, and leave the network as it was after its best epoch.

    Every epoch draws from a generator of its own, so an interrupted training goes on as if it had not been.

    Args:
        network: with its head fitted already.
        features: of the pictures to learn from.
        targets: of the same pictures, ``int64[N]``.
        validation: to choose the best epoch by.
        plan: how to train.
        course: checkpoints and progress.

    Returns:
        What each epoch gave, those before an interruption included.
    """
    device = next(network.parameters()).device
    steps = max(1, len(targets) // plan.batch_size)
    truth = torch.from_numpy(targets)
    weights = label_weights(targets, network.head.out_features) if plan.balance else torch.ones(int(targets.max()) + 1)
    trained = [parameter for parameter in network.trained_stages.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": trained, "lr": plan.learning_rate, "highest": plan.learning_rate},
            {"params": list(network.head.parameters()), "lr": plan.learning_rate, "highest": plan.head_learning_rate},
        ],
        weight_decay=plan.weight_decay,
    )
    state = Checkpoint.load(course.folder, course.belongs_to)
    if state is None:
        before = _judged(network, validation, 0, None, 0.0)
        state = Checkpoint(course.belongs_to, {}, {}, _copy(network), [before])
        log.info(
            "the head alone: validation loss %.3f, balanced accuracy %.3f",
            before.validation_loss,
            before.balanced_accuracy,
        )
        course.ended(before)
    else:
        log.info("going on after epoch %d", state.history[-1].number)
        network.load_state_dict(state.network)
        optimizer.load_state_dict(state.optimizer)

    for number in range(state.history[-1].number + 1, plan.epochs + 1):
        if _best(state.history) <= state.history[-1].number - plan.patience:
            log.info("no better for %d epochs: ending", plan.patience)
            break
        began = time.monotonic()
        generator = torch.Generator().manual_seed(plan.seed * 1_000_003 + number)
        torch.manual_seed(plan.seed * 1_000_003 + number)
        order = torch.randperm(len(targets), generator=generator)
        _train_mode(network, from_scratch=plan.weights == FROM_SCRATCH)
        losses: list[float] = []
        with course.epoch(number, steps) as step_done:
            for step in range(steps):
                places = order[step * plan.batch_size : (step + 1) * plan.batch_size]
                views = torch.randint(COUNTS[plan.views], (len(places),), generator=generator)
                _set_rate(optimizer, _rate(number - 1 + step / steps, plan.epochs))
                with torch.autocast(
                    device.type, torch.bfloat16, enabled=device.type == "cuda" and plan.mixed_precision
                ):
                    embedding = pooled(network.features(features.batch(places, views, generator)))
                    logits = network.head(functional.dropout(embedding, plan.dropout))
                loss = _loss(logits.float(), truth[places].to(device), weights.to(device), plan.label_smoothing)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(trained, MAX_GRADIENT)
                optimizer.step()
                losses.append(loss.item())
                step_done()
        network.eval()
        epoch = _judged(network, validation, number, float(np.mean(losses)), time.monotonic() - began)
        state.history.append(epoch)
        if _best(state.history) == number:
            state.best = _copy(network)
        state.network, state.optimizer = network.state_dict(), optimizer.state_dict()
        state.save(course.folder)
        log.info(
            "epoch %d of %d: loss %.3f, validation loss %.3f, balanced accuracy %.3f, %.0f s",
            number, plan.epochs, epoch.loss, epoch.validation_loss, epoch.balanced_accuracy, epoch.seconds,
        )  # fmt: skip
        course.ended(epoch)

    network.load_state_dict(state.best)
    return state.history


def logits_of(network: Classifier, pixels: Pixels) -> Floats:
    """What a network says of ``uint8[N, size, size, 3]``: ``float32[N, labels]``."""
    return _in_batches(network, pixels, network)


def embeddings_of(network: Classifier, pixels: Pixels, progress: Callable[[int], None] = lambda _: None) -> Floats:
    """``float32[N, embedding_size]`` of ``uint8[N, size, size, 3]``."""
    return _in_batches(network, pixels, network.embedding, progress)


def _in_batches(
    network: Classifier,
    pixels: Pixels,
    function: Callable[[Tensor], Tensor],
    progress: Callable[[int], None] = lambda _: None,
) -> Floats:
    device = next(network.parameters()).device
    network.eval()
    parts: list[Floats] = []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH_SIZE):
            images = torch.from_numpy(np.ascontiguousarray(pixels[start : start + BATCH_SIZE]))
            parts.append(function(images.to(device)).float().cpu().numpy())
            progress(len(images))
    return np.concatenate(parts)


def _judged(network: Classifier, validation: Validation, number: int, loss: float | None, seconds: float) -> Epoch:
    logits = logits_of(network, validation.pixels)
    right = logits.argmax(axis=1) == validation.targets
    return Epoch(
        number=number,
        loss=loss,
        validation_loss=calibrated_loss(logits, validation.targets),
        balanced_accuracy=balanced_accuracy(validation.targets, right),
        seconds=seconds,
    )


def _best(history: list[Epoch]) -> int:
    return min(history, key=lambda epoch: epoch.validation_loss).number


def _train_mode(network: Classifier, *, from_scratch: bool) -> None:
    """Batch norms keep the statistics of many pictures if they have any; frozen stages always do."""
    network.train()
    network.frozen_stages.eval()
    if not from_scratch:
        for module in network.trained_stages.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def _rate(epochs: float, of: int) -> float:
    """The learning rate as a part of its highest: rising in a straight line, then falling as half a cosine."""
    return min(1.0, (epochs + 0.01) / WARM_UP_EPOCHS) * (1 + math.cos(math.pi * min(1.0, epochs / of))) / 2


def _set_rate(optimizer: torch.optim.Optimizer, part: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * part


def _loss(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    losses = functional.cross_entropy(logits, targets, reduction="none", label_smoothing=smoothing)
    return (losses * weights[targets]).mean()


def _copy(network: Classifier) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
