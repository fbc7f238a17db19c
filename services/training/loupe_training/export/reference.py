"""What a bundle says of the pictures that it was trained for, so that drift can be seen while it serves."""

from collections import Counter

import numpy as np

from loupe_shared.bundle import Bundle, sha256
from loupe_shared.counters import SCORE_BINS
from loupe_shared.drift.projections import binned, edges_of, projected
from loupe_shared.drift.reference import REFERENCE_FILE, EmbeddingBins, Reference
from loupe_shared.embedding import quantize, stack
from loupe_training.evaluation.answers import Floats
from loupe_training.export.manifest import write_manifest


def add_reference(bundle: Bundle, probabilities: Floats, embeddings: Floats) -> Bundle:
    """Give a bundle ``reference.json``.

    Args:
        bundle: gets the file, and a manifest that names it.
        probabilities: that its graph gives for the validation split, ``float32[N, labels]``.
        embeddings: that it gives for the same pictures, ``float32[N, embedding_size]``.

    Returns:
        The bundle as it is now.
    """
    reference = reference_of(bundle.manifest.labels, probabilities, embeddings)
    (bundle.folder / REFERENCE_FILE).write_text(reference.to_json() + "\n", encoding="utf-8")
    files = bundle.manifest.files | {REFERENCE_FILE: sha256(bundle.folder / REFERENCE_FILE)}
    manifest = bundle.manifest.model_copy(update={"files": files})
    write_manifest(bundle.folder, manifest)
    return Bundle(manifest, bundle.folder)


def reference_of(labels: tuple[str, ...], probabilities: Floats, embeddings: Floats) -> Reference:
    """What there is to say of N pictures; see ``add_reference``."""
    scores = probabilities.max(axis=1)
    in_bins = np.bincount(np.minimum(scores * SCORE_BINS, SCORE_BINS - 1).astype(np.int64), minlength=SCORE_BINS)
    # In eight bits, as the archive has those that are compared with them.
    places = projected(stack([one.values for one in quantize(embeddings)]))
    edges = edges_of(places)
    return Reference(
        images=len(probabilities),
        labels=dict(Counter(labels[number] for number in probabilities.argmax(axis=1).tolist())),
        scores=tuple(in_bins.tolist()),
        embeddings=EmbeddingBins(
            edges=tuple(map(tuple, edges.tolist())), counts=tuple(map(tuple, binned(places, edges).tolist()))
        ),
    )
