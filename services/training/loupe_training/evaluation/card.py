"""What a bundle's manifest says of its answers to the test split: the figures that gates compare."""

import hashlib
import json
from collections.abc import Iterable

from loupe_shared.card import Latency, Metrics
from loupe_training.datasets.snapshot import Sample
from loupe_training.evaluation.answers import Answers
from loupe_training.evaluation.metrics import balanced_accuracy


def metrics_of(tested: Answers, latency: Latency | None) -> Metrics:
    """Figures of the answers to the test split."""
    right = tested.predicted == tested.targets
    return Metrics(
        test_set=digest_of_test_set(tested.samples),
        images=len(tested.samples),
        accuracy=float(right.mean()),
        balanced_accuracy=balanced_accuracy(tested.targets, right),
        latency=latency,
    )


def digest_of_test_set(samples: Iterable[Sample]) -> str:
    """SHA-256 of what pictures show and are called, in whatever order, under whatever names.

    What was learnt from is no part of it: models of two snapshots can be compared if these have the same test split.
    """
    shown = sorted((sample.sha256, sample.label) for sample in samples)
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
