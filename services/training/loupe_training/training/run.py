"""A training from the snapshot to the bundle."""

import logging
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import nn

from loupe_shared.card import Provenance
from loupe_shared.errors import ConfigurationError
from loupe_training.backbones import BACKBONES, FROM_SCRATCH, Backbone
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.snapshot import Sample, Snapshot, Split
from loupe_training.evaluation.answers import Answers, Graph, numbers_of
from loupe_training.evaluation.calibration import fit_temperature
from loupe_training.export.bundle import Identity, new_bundle, prove
from loupe_training.export.explained import onnx_graph
from loupe_training.export.measured import add_metrics
from loupe_training.export.network import Explained
from loupe_training.export.quantize import Part, add_int8
from loupe_training.export.record import EpochMetrics, Record, trained_on
from loupe_training.export.reference import add_reference
from loupe_training.folders import make_folder
from loupe_training.memory import keep_freed_memory
from loupe_training.network import Classifier
from loupe_training.pictures import Pictures, decode_pictures
from loupe_training.progress import Bars
from loupe_training.training.checkpoint import CHECKPOINT_FILE, Epoch
from loupe_training.training.features import features_of
from loupe_training.training.head import PENALTIES, Examples, fit_head
from loupe_training.training.plan import Plan
from loupe_training.training.trainer import Course, Validation, embeddings_of, fine_tune, logits_of
from loupe_training.training.views import COUNTS

log = logging.getLogger(__name__)

BUNDLE_FOLDER = "bundle"
MIN_PICTURES = 2  # of each label, to learn from
PROOF_PICTURES, CALIBRATION_PICTURES = 16, 240


@dataclass(frozen=True)
class Run:
    """What is asked for beside the plan.

    Attributes:
        folder: gets the bundle and, while training lasts, checkpoints and decoded pictures.
        name: of the bundle.
        version: of the bundle.
        licence: of the bundle; that of the weights that it began with if unset.
        device: ``cpu`` or ``cuda``.
        int8: whether to make an int8 graph, too.
    """

    folder: Path
    name: str
    version: int = 1
    licence: str | None = None
    device: str = "cpu"
    int8: bool = False


def train(
    snapshot: Snapshot, plan: Plan, run: Run, bars: Bars, ended: Callable[[EpochMetrics], None] = lambda _: None
) -> Path:
    """Train on a snapshot and write the bundle. An interrupted training goes on where it was.

    Args:
        snapshot: the pictures.
        plan: how to train.
        run: what is asked for beside that.
        bars: show how far it is.
        ended: told of every epoch that ends here, and of what the head alone gave as epoch 0.

    Returns:
        The bundle's folder.

    Raises:
        InvalidDataset: the snapshot is too small, has one label, or pictures that cannot be decoded.
        ConfigurationError: weights, device, or room on the disk are missing; or the folder is of another training, or
            cannot be made.
        InvalidBundle: the exported graph does not answer as the network does.
    """
    began = time.monotonic()
    labels = check_samples(snapshot.samples)
    device = prepared(run.device, plan.seed)
    backbone, stages = _chosen(plan)
    network = Classifier(backbone, stages, len(labels), plan.frozen_stages).to(device).eval()
    make_folder(run.folder)

    # The test split, too: if it cannot be read, that is better known now than in the end.
    learnt, validation, tested = (_decoded(snapshot, split, plan, run, bars) for split in Split)
    targets, judged = numbers_of(learnt.samples, labels), numbers_of(validation.samples, labels)

    with bars.bar("embeddings", len(learnt.samples) + len(validation.samples)) as advance:
        examples = Examples(embeddings_of(network, learnt.pixels, advance), targets)
        held_out = Examples(embeddings_of(network, validation.pixels, advance), judged)
    with bars.bar("head", len(PENALTIES)) as advance:
        head = fit_head(examples, held_out, len(labels), balance=plan.balance, progress=advance)
    # At the temperature that suits it: a head that is too sure of itself would be shaken by the first steps.
    head = head.at(fit_temperature(head.logits(held_out.embeddings), judged))
    network.take_head(head.weights, head.bias)

    views = COUNTS[plan.views] if plan.epochs else 0
    with bars.bar("frozen stages", len(learnt.samples) * views) as advance:
        features = features_of(network, learnt.pixels, plan, run.folder, device, advance)
    course = Course(
        run.folder, _belonging(plan, snapshot), partial(_epoch_bar, bars, plan.epochs), lambda one: ended(_metrics(one))
    )
    history = fine_tune(network, features, targets, Validation(validation.pixels, judged), plan, course)

    temperature = fit_temperature(logits_of(network, validation.pixels), judged)
    best = min(history, key=lambda epoch: epoch.validation_loss)
    log.info("best after epoch %d; logits are divided by %.3f", best.number, temperature)
    origin, licence = backbone.provenance(plan.weights)
    record = Record(
        snapshot=snapshot.digest,
        pictures=len(learnt.samples),
        left_out=(*learnt.left_out, *validation.left_out, *tested.left_out),
        plan=plan,
        penalty=head.penalty,
        temperature=temperature,
        best_epoch=best.number,
        epochs=tuple(map(_metrics, history)),
        seconds=round(time.monotonic() - began, 1),
        software=software(),
    )
    provenance = Provenance(
        weights=f"{origin}; {trained_on(snapshot.digest)}",
        licence=run.licence or licence,
        exporter=software(),
    )
    explained = Explained(network.cpu(), temperature).eval()
    to = run.folder / BUNDLE_FOLDER
    graph = onnx_graph(explained, plan.size)
    identity = Identity(run.name, run.version, provenance)
    with new_bundle(to, graph, labels, plan.preprocessing(), identity, record) as proven:
        prove(proven, explained.answer, validation.pixels[:PROOF_PICTURES])
        said = Graph(proven).run(validation.pixels)
        groups = [one.group for one in validation.samples]
        bundle = add_reference(proven, said.probabilities, said.embedding, groups)
        if run.int8:
            chosen = np.random.default_rng(plan.seed).permutation(len(learnt.samples))[:CALIBRATION_PICTURES]
            gate = [Part(pixels, one.label) for pixels, one in zip(validation.pixels, validation.samples, strict=True)]
            calibration = [Part(learnt.pixels[place], None) for place in chosen]
            measured, refusal = add_int8(bundle, calibration, gate)
            agreement = f", and agrees with fp32 on {measured.agreement:.1%}" if measured else ""
            log.info("the int8 graph is %s%s", f"not accepted: {refusal}" if refusal else "accepted", agreement)
        with bars.bar("testing", len(tested.samples)) as advance:
            answered = Graph(bundle).run(tested.pixels, advance).probabilities
        add_metrics(bundle.folder, Answers(labels, answered, numbers_of(tested.samples, labels), tested.samples))
    (run.folder / CHECKPOINT_FILE).unlink(missing_ok=True)
    return to


def check_samples(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Refuse what no model can be trained on and judged by.

    Returns:
        The labels, sorted.

    Raises:
        InvalidDataset: says what is missing.
    """
    labels = tuple(sorted({sample.label for sample in samples}))
    if len(labels) < 2:  # noqa: PLR2004  (one label tells nothing apart)
        raise InvalidDataset("all pictures have the same label: a model needs at least two to tell apart")
    counts = Counter((sample.split, sample.label) for sample in samples)
    if lacking := [
        f"{label!r}: {counts[split, label]} pictures for {split}, and {least} are needed"
        for split, least in ((Split.TRAIN, MIN_PICTURES), (Split.VALIDATION, 1), (Split.TEST, 1))
        for label in labels
        if counts[split, label] < least
    ]:
        raise InvalidDataset(naming("there are too few pictures to train on and to judge by: label more", lacking))
    return labels


def prepared(device: str, seed: int) -> torch.device:
    """The device, with everything drawn and calculated on it in the same way each time.

    Raises:
        ConfigurationError: there is no such device.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("--device is cuda, but torch finds no GPU here: check the driver, or train on the cpu")
    keep_freed_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it, cuBLAS adds in any order
    torch.use_deterministic_algorithms(mode=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a check for programmers, at a tenth of the time
    torch.manual_seed(seed)
    return torch.device(device)


def software() -> str:
    """Versions of what makes a model."""
    names = ("torch", "onnxscript")
    return ", ".join(
        [*(f"{name} {version(name).partition('+')[0]}" for name in names), f"Python {platform.python_version()}"]
    )


def _chosen(plan: Plan) -> tuple[Backbone, list[nn.Module]]:
    backbone = BACKBONES.get(plan.backbone)
    if backbone is None:
        raise ConfigurationError(f"--backbone: there is no {plan.backbone!r}; there are {', '.join(BACKBONES)}")
    if plan.weights == FROM_SCRATCH and plan.frozen_stages:
        raise ConfigurationError("--weights none: stages that were never trained cannot be frozen: --frozen-stages 0")
    stages = backbone.load(plan.weights, plan.size)
    if plan.frozen_stages > len(stages):
        raise ConfigurationError(f"--frozen-stages: {plan.backbone} has {len(stages)} stages, not {plan.frozen_stages}")
    return backbone, stages


def _decoded(snapshot: Snapshot, split: Split, plan: Plan, run: Run, bars: Bars) -> Pictures:
    samples = snapshot.of(split)
    with bars.bar(f"decoding {split}", len(samples)) as advance:
        return decode_pictures(snapshot.images, samples, plan.preprocessing(), run.folder, advance)


@contextmanager
def _epoch_bar(bars: Bars, of: int, number: int, steps: int) -> Iterator[Callable[[], None]]:
    with bars.bar(f"epoch {number} of {of}", steps) as advance:
        yield partial(advance, 1)


def _metrics(epoch: Epoch) -> EpochMetrics:
    return EpochMetrics(**asdict(epoch))


def _belonging(plan: Plan, snapshot: Snapshot) -> str:
    return f"{plan.model_dump_json()} {snapshot.digest} {software()}"
