"""How a bundle came about: ``training.json`` in it."""

import math
from typing import Annotated

from pydantic import BeforeValidator

from loupe_shared.domain import Model
from loupe_training.training.plan import Plan

RECORD_FILE = "training.json"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


class EpochMetrics(Model):
    """What an epoch gave; none for what was not a number, as when a training diverges.

    Attributes:
        number: from 1; 0 is before the first, with the head alone.
        loss: of training, in the mean of its steps.
        validation_loss: log loss of the validation split at its best temperature.
        balanced_accuracy: of the validation split.
        seconds: that it took.
    """

    number: int
    loss: Annotated[float | None, BeforeValidator(_finite)]
    validation_loss: Annotated[float | None, BeforeValidator(_finite)]
    balanced_accuracy: float
    seconds: float


class Record(Model):
    """How a bundle came about.

    Attributes:
        snapshot: digest of the pictures, labels and splits.
        pictures: how many were learnt from.
        left_out: those that could not be decoded.
        plan: of the training; none if only a head was fitted on embeddings.
        base: name, version and SHA-256 of the graph whose head was replaced, if only that was done.
        penalty: of the head's weights, as far as it was fitted alone.
        temperature: by which logits are divided, so that scores are probabilities.
        best_epoch: whose weights these are; 0 is before the first.
        epochs: what each gave.
        seconds: from the first picture to the bundle.
        software: versions of what made it.
    """

    snapshot: str
    pictures: int
    left_out: tuple[str, ...] = ()
    plan: Plan | None = None
    base: str | None = None
    penalty: float
    temperature: float
    best_epoch: int = 0
    epochs: tuple[EpochMetrics, ...] = ()
    seconds: float
    software: str


def trained_on(snapshot: str) -> str:
    """How the provenance of a bundle names the snapshot, of this digest, that it was trained on."""
    return f"trained on snapshot {snapshot[:16]}"
