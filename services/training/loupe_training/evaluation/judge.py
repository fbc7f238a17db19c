"""A bundle is judged: every figure of the report."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from loupe_shared.bundle import MODEL_FILE, Bundle
from loupe_shared.errors import ConfigurationError
from loupe_shared.preprocess import Pixels
from loupe_training.datasets.errors import InvalidDataset
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.evaluation.answers import Answers, Floats, Graph, load_bundle, numbers_of
from loupe_training.evaluation.calibration import (
    Bin,
    expected_calibration_error,
    logits_of,
    reliability,
    softmax,
)
from loupe_training.evaluation.comparison import Comparison, compare
from loupe_training.evaluation.decisions import Coverage, Rejection, Threshold, coverage_curve, reject, thresholds
from loupe_training.evaluation.metrics import Metrics, confusion, measure
from loupe_training.export.record import RECORD_FILE, Record
from loupe_training.pictures import decode_pictures

WORST = 12


@dataclass(frozen=True)
class Calibration:
    """How well scores tell how often they are right.

    Attributes:
        temperature: by which the logits are divided.
        before: as if they were not; none if it is not known by what they are.
        after: as the bundle answers.
    """

    temperature: float | None
    before: tuple[Bin, ...] | None
    after: tuple[Bin, ...]
    ece_before: float | None
    ece_after: float


@dataclass(frozen=True)
class Mistake:
    """A picture that the model is sure of, and wrong.

    Attributes:
        pixels: as the model sees it, ``uint8[size, size, 3]``.
        activation_map: of the label that it says, ``float32[rows, columns]``.
    """

    path: str
    label: str
    said: str
    score: float
    pixels: Pixels
    activation_map: Floats


@dataclass(frozen=True)
class Wishes:
    """What people want of a model.

    Attributes:
        costs: of a missed picture by label; a false alarm costs 1, and so does a miss of a label that is not named.
        accuracy: that the model is to have where its answers are taken without a person looking.
    """

    costs: Mapping[str, float]
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """Everything that a report says.

    Attributes:
        bundle: its name and version.
        graph: SHA-256 of its graph.
        pictures: of the validation and the test split.
        confusion: ``int`` by true label and given label.
        left_out: pictures that cannot be decoded.
    """

    bundle: str
    graph: str
    snapshot: str
    labels: tuple[str, ...]
    pictures: tuple[int, int]
    metrics: Metrics
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration
    thresholds: tuple[Threshold, ...]
    rejection: Rejection
    coverage: tuple[Coverage, ...]
    comparison: Comparison | None
    left_out: tuple[str, ...]

    def to_json(self) -> str:
        """All figures as a JSON document."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


@dataclass(frozen=True)
class Judgement:
    """An evaluation, and the pictures that show where it fails."""

    evaluation: Evaluation
    mistakes: tuple[Mistake, ...]


def judge(
    bundle: tuple[Bundle, Graph],
    snapshot: Snapshot,
    wishes: Wishes,
    scratch: Path,
    against: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Judgement:
    """Judge a bundle by the validation and the test split of a snapshot.

    Args:
        bundle: with its graph.
        snapshot: the pictures.
        wishes: by which thresholds are chosen.
        scratch: folder with room for the decoded pictures.
        against: folder of another bundle that is to answer the same pictures.
        progress: told of how many more pictures are done; all are done twice, or three times with another bundle.

    Raises:
        InvalidDataset: a split is empty, pictures cannot be decoded, or have labels that the model has not.
        InvalidBundle: a bundle is not what its manifest says.
        ConfigurationError: a wish is about a label that the model has not, or the other bundle has other labels.
    """
    described, graph = bundle
    other = load_other(against, described.manifest.labels) if against else None
    validation = _answers(described, graph, snapshot, Split.VALIDATION, scratch, progress)
    test = _answers(described, graph, snapshot, Split.TEST, scratch, progress)
    comparison = None
    if other:
        answered = _answers(*other, snapshot, Split.TEST, scratch, progress)
        name = f"{other[0].manifest.name}:{other[0].manifest.version}"
        comparison = compare(test.answers, answered.answers.ordered(test.answers.labels), name)
    evaluation = evaluate(
        described, snapshot.digest, validation.answers, test.answers, wishes,
        comparison, (*validation.left_out, *test.left_out),
    )  # fmt: skip
    return Judgement(evaluation, tuple(_worst(test)))


def evaluate(
    bundle: Bundle,
    snapshot: str,
    validation: Answers,
    test: Answers,
    wishes: Wishes,
    comparison: Comparison | None = None,
    left_out: tuple[str, ...] = (),
) -> Evaluation:
    """Figures of a bundle's answers to the two splits; ``snapshot`` is the digest of these."""
    refuse_unknown_labels(wishes, test.labels)
    manifest = bundle.manifest
    return Evaluation(
        bundle=f"{manifest.name}:{manifest.version}",
        graph=manifest.files[MODEL_FILE],
        snapshot=snapshot,
        labels=test.labels,
        pictures=(len(validation.targets), len(test.targets)),
        metrics=measure(test),
        confusion=tuple(map(tuple, confusion(test.targets, test.predicted, len(test.labels)).tolist())),
        calibration=_calibration(test, _temperature(bundle)),
        thresholds=thresholds(validation, test, wishes.costs),
        rejection=reject(validation, test, wishes.accuracy),
        coverage=coverage_curve(test),
        comparison=comparison,
        left_out=left_out,
    )


def refuse_unknown_labels(wishes: Wishes, labels: Sequence[str]) -> None:
    """Refuse a wish about a label that there is not.

    Raises:
        ConfigurationError: names it.
    """
    if unknown := sorted(set(wishes.costs) - set(labels)):
        raise ConfigurationError(f"--cost: there is no label {unknown[0]!r}; there are {', '.join(labels)}")


def load_other(folder: Path, labels: Sequence[str]) -> tuple[Bundle, Graph]:
    """A bundle to compare with, and its graph.

    Args:
        folder: of the bundle.
        labels: of the model that is compared with it, in any order.

    Raises:
        InvalidBundle: a file is missing or altered, or the graph is not what the manifest says.
        ConfigurationError: it has other labels.
    """
    other = load_bundle(folder)
    if set(other[0].manifest.labels) != set(labels):
        raise ConfigurationError(f"--against: {folder} has other labels, so there is nothing to compare: name another")
    return other


@dataclass(frozen=True)
class _Answered:
    answers: Answers
    pixels: Pixels
    activation_maps: Floats
    left_out: tuple[str, ...]


def _answers(
    bundle: Bundle, graph: Graph, snapshot: Snapshot, split: Split, scratch: Path, progress: Callable[[int], None]
) -> _Answered:
    samples = snapshot.of(split)
    if not samples:
        raise InvalidDataset(f"the snapshot has no pictures for {split}: make one with a share for it")
    labels = bundle.manifest.labels
    numbers_of(samples, labels)  # before anything is decoded
    pictures = decode_pictures(snapshot.images, samples, bundle.manifest.preprocessing, scratch, progress)
    outputs = graph.run(pictures.pixels, progress)
    answers = Answers(labels, outputs.probabilities, numbers_of(pictures.samples, labels), pictures.samples)
    return _Answered(answers, pictures.pixels, outputs.activation_map, pictures.left_out)


def _temperature(bundle: Bundle) -> float | None:
    path = bundle.folder / RECORD_FILE
    if RECORD_FILE not in bundle.manifest.files:
        return None
    return Record.model_validate_json(path.read_bytes()).temperature


def _calibration(test: Answers, temperature: float | None) -> Calibration:
    after = reliability(test.probabilities, test.targets)
    if temperature is None:
        return Calibration(None, None, after, None, expected_calibration_error(after))
    uncalibrated = softmax(logits_of(test.probabilities), 1 / temperature)
    before = reliability(uncalibrated, test.targets)
    return Calibration(
        temperature, before, after, expected_calibration_error(before), expected_calibration_error(after)
    )


def _worst(test: _Answered) -> list[Mistake]:
    answers = test.answers
    scores = answers.probabilities.max(axis=1)
    wrong = np.flatnonzero(answers.predicted != answers.targets)
    worst = wrong[np.argsort(-scores[wrong], kind="stable")][:WORST]
    return [
        Mistake(
            path=answers.samples[place].path,
            label=answers.samples[place].label,
            said=answers.labels[answers.predicted[place]],
            score=float(scores[place]),
            pixels=np.array(test.pixels[place]),
            activation_map=test.activation_maps[place],
        )
        for place in worst.tolist()
    ]
