"""The bundle that Loupe comes with, with other heads: its embeddings, and other labels."""

from pathlib import Path

import numpy as np

from loupe_shared.bundle import Bundle
from loupe_training.export.bundle import Identity, new_bundle
from loupe_training.export.new_head import with_head
from loupe_training.export.record import Record
from tests.factories import BUNDLE

LABELS = ("bright", "dark", "round")
RECORD = Record(snapshot="0" * 64, pictures=0, penalty=1.0, temperature=1.0, seconds=0.0, software="a test")


def bundle_with_head(folder: Path, version: int = 2, labels: tuple[str, ...] = LABELS, seed: int = 1) -> Bundle:
    """A version whose head was drawn by lot."""
    base = Bundle.load(BUNDLE)
    manifest = base.manifest
    drawn = np.random.default_rng(seed).normal(size=(len(labels), manifest.embedding_size)).astype(np.float32)
    space = str(manifest.model_version())
    identity = Identity(manifest.name, version, manifest.provenance, space)
    graph = with_head(base, drawn / np.float32(10), np.zeros(len(labels), np.float32))
    with new_bundle(folder, graph, labels, manifest.preprocessing, identity, RECORD):
        pass
    return Bundle.load(folder)
