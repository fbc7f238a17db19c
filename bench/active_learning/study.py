"""Labels, a head that learns from them, how good it is; and with that, which labels come next.

The head is the one of ``python -m loupe_training head``. One of six labels is kept apart to choose its penalty and its
temperature by, as it would be: so these count as labels, too. The test set chooses nothing.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from bench.active_learning.embedded import Embedded
from bench.active_learning.fashion import LABELS
from bench.active_learning.reviewing import Chance, Chooser, Reviewing, archive
from loupe_shared.embedding import Floats
from loupe_training.evaluation.answers import Integers
from loupe_training.evaluation.calibration import fit_temperature, softmax
from loupe_training.training.head import Examples, Head, fit_head

FIRST = 50  # labels of pictures drawn at random: before that, no head can say what it is unsure of
VALIDATION = 6

By = Literal["queue", "chance"]


@dataclass(frozen=True)
class Study:
    """What is studied.

    Attributes:
        pool: pictures whose labels can be asked for.
        test: by which heads are judged.
        each: labels between two trainings.
        most: labels at which a run ends.
    """

    pool: Embedded
    test: Embedded
    each: int
    most: int


@dataclass(frozen=True)
class Run:
    """How good the heads of one run were.

    Attributes:
        by: what chose.
        seed: of the first labels, and of chance.
        labels: how many there were.
        accuracy: of the head that learnt from them, on the test set.
    """

    by: By
    seed: int
    labels: tuple[int, ...]
    accuracy: tuple[float, ...]


def learn(study: Study, by: By, seed: int) -> Run:
    """One run, from the first labels to the most."""
    torch.set_num_threads(1)  # runs are beside each other
    order = np.random.default_rng(seed).permutation(len(study.pool.targets)).tolist()
    first, rest = order[:FIRST], order[FIRST:]
    if by == "chance":
        return _run(study, by, seed, Chance(rest), first)
    with tempfile.TemporaryDirectory(prefix="loupe-study-") as folder, archive(Path(folder)) as store:
        said = study.pool.targets.tolist()
        return _run(study, by, seed, Reviewing(store, study.pool.archived(), LABELS, said, first), first)


def full_accuracy(study: Study) -> float:
    """Of a head that has all labels of the pool, in the pool's order, which is random."""
    head = fit(study.pool.floats, study.pool.targets, list(range(len(study.pool.targets))))
    return _accuracy(head, study.test.floats, study.test.targets)


def fit(embeddings: Floats, targets: Integers, labelled: list[int]) -> Head:
    """The head that learns from some of the pictures, with its temperature.

    Args:
        embeddings: ``float32[N, D]`` of all.
        targets: ``int64[N]`` of all.
        labelled: the numbers of those that it learns from, in the order in which they were labelled.
    """
    apart = labelled[VALIDATION - 1 :: VALIDATION]
    learnt = [number for place, number in enumerate(labelled, 1) if place % VALIDATION]
    validation = Examples(embeddings[apart], targets[apart])
    head = fit_head(Examples(embeddings[learnt], targets[learnt]), validation, len(LABELS), balance=True)
    return head.at(fit_temperature(head.logits(validation.embeddings), validation.targets))


def _run(study: Study, by: By, seed: int, chooser: Chooser, first: list[int]) -> Run:
    embeddings, targets = study.pool.floats, study.pool.targets
    test = study.test.floats
    labelled, labels, accuracy = list(first), [], []
    while True:
        head = fit(embeddings, targets, labelled)
        labels.append(len(labelled))
        accuracy.append(_accuracy(head, test, study.test.targets))
        if len(labelled) + study.each > study.most:
            return Run(by, seed, tuple(labels), tuple(accuracy))
        labelled += chooser.next(softmax(head.logits(embeddings)), study.each)


def _accuracy(head: Head, embeddings: Floats, targets: Integers) -> float:
    return float((head.logits(embeddings).argmax(axis=1) == targets).mean())
