"""What is kept of a training, under names that every store takes.

MLflow lets names have letters, digits and some signs, up to 250 characters; databases do not all tell capital letters
from small ones; Azure Machine Learning takes up to 200 parameters with values of up to 500 characters. Labels have any
characters, and stand in the names of metrics.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from loupe_shared.bundle import MODEL_FILE, Bundle
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.evaluation.judge import Evaluation
from loupe_training.export.record import RECORD_FILE, EpochMetrics, Record
from loupe_training.training.plan import Plan

MAX_VALUE = 500
MAX_LABEL = 60
PLAIN = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_LABEL}}}")

# Of an epoch; every epoch has it, so it says which are in a store already.
OF_EVERY_EPOCH = "epoch_seconds"


@dataclass(frozen=True)
class Facts:
    """What is known of a training before its first epoch.

    Attributes:
        name: of the bundle.
        version: of the bundle.
        snapshot: digest of the pictures, labels and splits.
        preprocessing_hash: of how pictures are decoded.
        plan: of the training; none if only a head was fitted.
    """

    name: str
    version: int
    snapshot: str
    preprocessing_hash: str
    plan: Plan | None

    @classmethod
    def of(cls, bundle: Bundle, record: Record) -> Self:
        """What was known before a training that has written a bundle."""
        manifest = bundle.manifest
        return cls(manifest.name, manifest.version, record.snapshot, manifest.preprocessing_hash, record.plan)

    def parameters(self) -> dict[str, str]:
        """The plan."""
        return (
            {name: str(value)[:MAX_VALUE] for name, value in self.plan.model_dump(mode="json").items()}
            if self.plan
            else {}
        )

    def tags(self) -> dict[str, str]:
        """Where the model comes from."""
        tags = {
            "loupe.bundle": f"{self.name}:{self.version}",
            "loupe.snapshot": self.snapshot,
            "loupe.preprocessing": self.preprocessing_hash,
            "loupe.version": version("loupe-training"),
        }
        if self.plan:
            tags |= {"loupe.backbone": self.plan.backbone, "loupe.seed": str(self.plan.seed)}
        return tags


@dataclass(frozen=True)
class Outcome:
    """What a training has left in its folder.

    Attributes:
        folder: of bundle and report.
        bundle: that was written.
        record: how it came about.
        evaluation: what the report says.
    """

    folder: Path
    bundle: Bundle
    record: Record
    evaluation: Evaluation

    @property
    def facts(self) -> Facts:
        """What was known before."""
        return Facts.of(self.bundle, self.record)

    def tags(self) -> dict[str, str]:
        """Where the model comes from, and which it is."""
        manifest = self.bundle.manifest
        return self.facts.tags() | {
            "loupe.graph": manifest.files[MODEL_FILE],
            "loupe.licence": manifest.provenance.licence,
            "loupe.software": self.record.software,
        }

    def metrics(self) -> dict[str, float]:
        """Figures of the test split, as the report has them, and how they came about."""
        found = self.evaluation
        whole: dict[str, float | None] = {
            "test_accuracy": found.metrics.accuracy.value,
            "test_balanced_accuracy": found.metrics.balanced_accuracy.value,
            "test_auc": found.metrics.auc.value,
            "test_ece_before": found.calibration.ece_before,
            "test_ece_after": found.calibration.ece_after,
            "temperature": self.record.temperature,
            "best_epoch": self.record.best_epoch,
            "seconds": self.record.seconds,
        }
        for label, name in zip(found.metrics.of_labels, names_of(found.labels), strict=True):
            for figure in ("precision", "recall", "f1", "auc"):
                whole[f"test_{figure}.{name}"] = getattr(label, figure)
        return {name: value for name, value in whole.items() if value is not None}

    def files(self) -> Iterator[tuple[Path, str]]:
        """Files, with the folder that each has in the store: empty for the topmost."""
        for name in ("report.html", "report.json"):
            yield self.folder / name, ""
        for path in sorted(self.bundle.folder.iterdir()):
            yield path, "bundle"


def outcome_of(folder: Path) -> Outcome:
    """What a training has left in a folder.

    Raises:
        InvalidBundle: the bundle is missing, incomplete or altered.
        InvalidDataset: it was not made by training, or has no report.
    """
    bundle = Bundle.load(folder / "bundle")
    record = record_of(bundle)
    report = folder / "report.json"
    try:
        evaluation = TypeAdapter(Evaluation).validate_json(report.read_bytes())
    except (OSError, ValidationError) as error:
        again = f"evaluate {bundle.folder} SNAPSHOT {folder / 'report.html'}"
        raise InvalidDataset(f"{report} cannot be read ({_reason(error)}): make it with `{again}`") from error
    return Outcome(folder, bundle, record, evaluation)


def record_of(bundle: Bundle) -> Record:
    """How a bundle came about.

    Raises:
        InvalidDataset: it was not made by training, or by that of another version of Loupe.
    """
    path = bundle.folder / RECORD_FILE
    if RECORD_FILE not in bundle.manifest.files:
        raise InvalidDataset(f"{bundle.folder} was not made by training: it has no {RECORD_FILE}")
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidDataset(f"{path} cannot be read ({_reason(error)}): train anew, in another folder") from error


def _reason(error: OSError | ValidationError) -> str:
    """Why a file of a training cannot be read."""
    return str(error.strerror) if isinstance(error, OSError) else "it is of another version of Loupe"


def epoch_metrics(epoch: EpochMetrics) -> dict[str, float]:
    """Figures of an epoch. What was not a number is left out: not every store takes it."""
    whole = {
        "train_loss": epoch.loss,
        "validation_loss": epoch.validation_loss,
        "validation_balanced_accuracy": epoch.balanced_accuracy,
        OF_EVERY_EPOCH: epoch.seconds,
    }
    return {name: value for name, value in whole.items() if value is not None}


def names_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels as parts of names. If one cannot be such a part, all begin with their numbers, which tell them apart."""
    if all(map(PLAIN.fullmatch, labels)) and len({label.casefold() for label in labels}) == len(labels):
        return tuple(labels)
    return tuple(f"{number}_{re.sub('[^A-Za-z0-9-]+', '_', label)}"[:MAX_LABEL] for number, label in enumerate(labels))
