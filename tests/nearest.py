"""Bundles that tell drawn surfaces apart, without torch: the head looks which label's mean embedding is nearest."""

from pathlib import Path

import numpy as np

from loupe_shared.bundle import Bundle
from loupe_training.datasets.snapshot import Snapshot, Split
from loupe_training.evaluation.answers import Answers, Graph, numbers_of
from loupe_training.export.bundle import Identity, new_bundle
from loupe_training.export.measured import add_metrics
from loupe_training.export.new_head import with_head
from loupe_training.export.record import Record
from loupe_training.pictures import Pictures, decode_pictures
from tests.factories import BUNDLE

RECORD = Record(snapshot="0" * 64, pictures=1, penalty=1.0, temperature=2.0, seconds=1.0, software="none")


def nearest_mean(snapshot: Snapshot, to: Path, name: str, version: int = 1, *, misled: bool = False) -> Path:
    """A bundle with the embedding of the one that Loupe comes with.

    Args:
        snapshot: to learn from, and to measure by.
        to: the bundle's folder.
        name: of the bundle.
        version: of the bundle.
        misled: whether it learns that every picture has the label before its own.
    """
    base, labels = Bundle.load(BUNDLE), snapshot.labels
    learnt, tested = (_decoded(snapshot, split, base, to.parent) for split in (Split.TRAIN, Split.TEST))
    embeddings, targets = Graph(base).run(learnt.pixels).embedding, numbers_of(learnt.samples, labels)
    means = np.stack([embeddings[targets == number].mean(axis=0) for number in range(len(labels))])
    means = np.roll(means, -1, axis=0) if misled else means
    identity = Identity(name, version, base.manifest.provenance)
    graph = with_head(base, means, -(means**2).sum(axis=1) / 2)
    with new_bundle(to, graph, labels, base.manifest.preprocessing, identity, RECORD) as bundle:
        said = Graph(bundle).run(tested.pixels).probabilities
        add_metrics(bundle.folder, Answers(labels, said, numbers_of(tested.samples, labels), tested.samples))
    return to


def _decoded(snapshot: Snapshot, split: Split, base: Bundle, scratch: Path) -> Pictures:
    return decode_pictures(snapshot.images, snapshot.of(split), base.manifest.preprocessing, scratch)
