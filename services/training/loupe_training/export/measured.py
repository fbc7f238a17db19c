"""What a bundle was measured at, in its manifest."""

from pathlib import Path

from loupe_shared.bundle import Bundle
from loupe_training.evaluation.answers import Answers
from loupe_training.evaluation.card import metrics_of
from loupe_training.evaluation.latency import latency_of
from loupe_training.export.manifest import write_manifest


def add_metrics(folder: Path, tested: Answers) -> None:
    """Write into the manifest how good a bundle is, and how long it takes.

    Args:
        folder: of the bundle.
        tested: its answers to the test split.
    """
    bundle = Bundle.load(folder)
    metrics = metrics_of(tested, latency_of(bundle))
    write_manifest(folder, bundle.manifest.model_copy(update={"metrics": metrics}))
