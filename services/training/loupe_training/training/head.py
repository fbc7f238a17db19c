"""The head alone: multinomial logistic regression on embeddings, with the penalty that suits the validation split."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from loupe_training.evaluation.answers import Floats, Integers
from loupe_training.evaluation.calibration import fit_temperature, log_loss_at

# Of the squared weights, for embeddings whose values have been given mean 0 and variance 1.
PENALTIES = (1.0, 0.1, 0.03, 0.01, 0.003, 0.001)
STEPS = 100


@dataclass(frozen=True)
class Head:
    """A linear layer from embeddings to logits.

    Attributes:
        weights: ``float32[labels, embedding_size]``.
        bias: ``float32[labels]``.
        penalty: that was best.
    """

    weights: Floats
    bias: Floats
    penalty: float

    def logits(self, embeddings: Floats) -> Floats:
        """``float32[N, embedding_size]`` to ``float32[N, labels]``."""
        return embeddings @ self.weights.T + self.bias

    def at(self, temperature: float) -> "Head":
        """The same with logits divided by a temperature."""
        return Head(
            (self.weights / temperature).astype(np.float32), (self.bias / temperature).astype(np.float32), self.penalty
        )


@dataclass(frozen=True)
class Examples:
    """Embeddings with their labels.

    Attributes:
        embeddings: ``float32[N, embedding_size]``.
        targets: ``int64[N]``.
    """

    embeddings: Floats
    targets: Integers


def fit_head(
    train: Examples,
    validation: Examples,
    labels: int,
    *,
    balance: bool,
    progress: Callable[[int], None] = lambda _: None,
) -> Head:
    """Fit a head for each penalty, from the strongest on, and keep the one that answers the validation split best.

    Args:
        train: to learn from.
        validation: to choose by.
        labels: how many there are.
        balance: whether all labels weigh the same.
        progress: told after each penalty.
    """
    mean, scale = train.embeddings.mean(axis=0), train.embeddings.std(axis=0) + 1e-6
    embeddings = torch.from_numpy((train.embeddings - mean) / scale)
    targets = torch.from_numpy(train.targets)
    weights = label_weights(train.targets, labels) if balance else torch.ones(labels)
    parameters = torch.zeros(labels, embeddings.shape[1] + 1, requires_grad=True)
    heads: list[tuple[float, Head]] = []
    for penalty in PENALTIES:
        _minimise(parameters, embeddings, targets, weights, penalty)
        found = parameters.detach().numpy()
        rescaled = (found[:, :-1] / scale).astype(np.float32)
        head = Head(rescaled, (found[:, -1] - rescaled @ mean).astype(np.float32), penalty)
        heads.append((calibrated_loss(head.logits(validation.embeddings), validation.targets), head))
        progress(1)
    return min(heads, key=lambda one: one[0])[1]


def label_weights(targets: Integers, labels: int) -> Tensor:
    """A weight for each label, so that all weigh the same and the mean over the pictures is 1."""
    counts = np.maximum(np.bincount(targets, minlength=labels), 1)
    return torch.from_numpy((len(targets) / (counts * labels)).astype(np.float32))


def calibrated_loss(logits: Floats, targets: Integers) -> float:
    """The log loss at the temperature that the bundle gets: what the model is worth, however sure of itself it is."""
    return log_loss_at(logits, targets, fit_temperature(logits, targets))


def _minimise(parameters: Tensor, embeddings: Tensor, targets: Tensor, weights: Tensor, penalty: float) -> None:
    optimizer = torch.optim.LBFGS([parameters], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        logits = embeddings @ parameters[:, :-1].T + parameters[:, -1]
        losses = functional.cross_entropy(logits, targets, reduction="none")
        loss: Tensor = (losses * weights[targets]).mean() + penalty / 2 * parameters[:, :-1].square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
