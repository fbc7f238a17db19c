"""A head alone, fitted on embeddings: the bundle that they are from, with other labels."""

import time
from pathlib import Path

import numpy as np

from loupe_shared.bundle import MODEL_FILE, Bundle
from loupe_shared.errors import ConfigurationError
from loupe_shared.preprocess import Pixels
from loupe_training.datasets.snapshot import Split
from loupe_training.embeddings import LabelledEmbeddings
from loupe_training.evaluation.answers import Answers, Floats, Graph, numbers_of
from loupe_training.evaluation.calibration import fit_temperature, softmax
from loupe_training.evaluation.judge import Evaluation, Wishes, evaluate
from loupe_training.export.bundle import Identity, new_bundle, prove
from loupe_training.export.measured import add_metrics
from loupe_training.export.new_head import with_head
from loupe_training.export.record import Record
from loupe_training.export.reference import add_reference
from loupe_training.progress import Bars
from loupe_training.training.head import PENALTIES, Examples, Head, fit_head
from loupe_training.training.run import check_samples, prepared, software

PROOF_PICTURES = 4


def train_head(
    embeddings: LabelledEmbeddings, base: Bundle, to: Path, name: str, version: int, wishes: Wishes, bars: Bars
) -> Evaluation:
    """Fit a head, and write the bundle that has it.

    Args:
        embeddings: made by the base.
        base: the bundle whose graph gets the head.
        to: the new bundle's folder.
        name: of the new bundle.
        version: of the new bundle.
        wishes: for the evaluation.
        bars: show how far it is.

    Returns:
        How good it is, by the test split of the embeddings.

    Raises:
        InvalidDataset: there are too few embeddings, or all have one label; or ``to`` is there already.
        ConfigurationError: they are not of the base.
        InvalidBundle: the base is none whose head can be replaced.
    """
    began = time.monotonic()
    prepared("cpu", seed=0)
    labels = check_samples(embeddings.samples)
    width = embeddings.vectors.shape[1]
    if width != base.manifest.embedding_size:
        raise ConfigurationError(
            f"the embeddings have {width} values, and those of {base.folder} {base.manifest.embedding_size}: "
            "name the bundle that made them"
        )
    _refuse_others(embeddings, base)
    train, validation, test = (
        Examples(vectors, numbers_of(samples, labels)) for vectors, samples in map(embeddings.of, Split)
    )
    with bars.bar("head", len(PENALTIES)) as advance:
        head = fit_head(train, validation, len(labels), balance=True, progress=advance)
    temperature = fit_temperature(head.logits(validation.embeddings), validation.targets)
    head = head.at(temperature)
    of_base = base.manifest
    record = Record(
        snapshot=embeddings.digest,
        pictures=len(train.targets),
        base=f"{of_base.name}:{of_base.version} {of_base.files[MODEL_FILE]}",
        penalty=head.penalty,
        temperature=temperature,
        seconds=round(time.monotonic() - began, 1),
        software=software(),
    )
    weights = f"{of_base.provenance.weights}; head trained on embeddings {embeddings.digest[:16]}"
    provenance = of_base.provenance.model_copy(update={"weights": weights})
    identity = Identity(name, version, provenance, of_base.model_version().embedding_space)
    graph = with_head(base, head.weights, head.bias)
    with new_bundle(to, graph, labels, of_base.preprocessing, identity, record) as proven:
        prove(proven, lambda pixels: _expected(base, head, pixels), _noise(of_base.preprocessing.size))
        validated, tested = (
            Answers(labels, softmax(head.logits(some.embeddings)), some.targets, embeddings.of(split)[1])
            for some, split in ((validation, Split.VALIDATION), (test, Split.TEST))
        )
        groups = [one.group for one in validated.samples]
        bundle = add_reference(proven, validated.probabilities, validation.embeddings, groups)
        add_metrics(bundle.folder, tested)
        return evaluate(bundle, embeddings.digest, validated, tested, wishes)


def _refuse_others(embeddings: LabelledEmbeddings, base: Bundle) -> None:
    space = base.manifest.model_version().embedding_space
    if others := [other for other in embeddings.spaces if other != space]:
        raise ConfigurationError(
            f"there are embeddings of {' and '.join(others)}, and those of {base.folder} are of {space}: name the "
            "bundle that made them, or export those of one model, by --model NAME:VERSION"
        )


def _expected(base: Bundle, head: Head, pixels: Pixels) -> dict[str, Floats]:
    """What the base's embedding and the head give. The map is not compared: the base does not give its features."""
    embedding = Graph(base).run(pixels).embedding
    return {"probabilities": softmax(head.logits(embedding)), "embedding": embedding}


def _noise(size: int) -> Pixels:
    """Pictures to prove with; whatever they show, both graphs must answer the same."""
    coarse = np.random.default_rng(0).integers(0, 256, (PROOF_PICTURES, 8, 8, 3), np.uint8)
    return np.ascontiguousarray(coarse.repeat(-(-size // 8), axis=1).repeat(-(-size // 8), axis=2)[:, :size, :size])
