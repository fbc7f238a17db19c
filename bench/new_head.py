"""A bundle with another head, so that what made the archive's embeddings is the same."""

import shutil
from pathlib import Path

import numpy as np

from loupe_shared.bundle import Bundle
from loupe_training.export.bundle import Identity, new_bundle
from loupe_training.export.new_head import with_head
from loupe_training.export.record import Record

LABELS = tuple(f"label {number}" for number in range(10))


def make_new_head(base: Path, folder: Path) -> Path:
    """Write the next version of a bundle, whose head is drawn by lot, into ``folder``, and return that."""
    shutil.rmtree(folder, ignore_errors=True)
    bundle = Bundle.load(base)
    manifest = bundle.manifest
    weights = np.random.default_rng(0).normal(size=(len(LABELS), manifest.embedding_size)).astype(np.float32)
    graph = with_head(bundle, weights, np.zeros(len(LABELS), np.float32))
    version = manifest.model_version()
    identity = Identity(version.name, version.version + 1, manifest.provenance, version.embedding_space)
    record = Record(snapshot="0" * 64, pictures=0, penalty=0.0, temperature=1.0, seconds=0.0, software=__name__)
    with new_bundle(folder, graph, LABELS, manifest.preprocessing, identity, record):
        return folder
