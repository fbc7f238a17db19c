"""How a bundle came about: ``training.json`` in it."""

from loupe_shared.domain import Model
from loupe_training.training.plan import Plan

RECORD_FILE = "training.json"


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
    seconds: float
    software: str
