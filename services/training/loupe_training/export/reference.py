"""What a bundle says of the pictures that it was trained for, so that drift can be seen while it serves."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from loupe_shared.bundle import Bundle, sha256
from loupe_shared.counters import SCORE_BINS
from loupe_shared.drift.projections import Numbers, binned, edges_of, projected
from loupe_shared.drift.reference import REFERENCE_FILE, EmbeddingBins, Part, Reference
from loupe_shared.embedding import quantize, stack
from loupe_training.evaluation.answers import Floats
from loupe_training.export.manifest import write_manifest

# Enough to tell how far they differ from each other, and as many kilobytes.
MAX_PARTS = 20

_Places = npt.NDArray[np.int64]


def add_reference(bundle: Bundle, probabilities: Floats, embeddings: Floats, groups: Sequence[str]) -> Bundle:
    """Give a bundle ``reference.json``.

    Args:
        bundle: gets the file, and a manifest that names it.
        probabilities: that its graph gives for the validation split, ``float32[N, labels]``.
        embeddings: that it gives for the same pictures, ``float32[N, embedding_size]``.
        groups: of these pictures.

    Returns:
        The bundle as it is now.
    """
    reference = reference_of(bundle.manifest.labels, probabilities, embeddings, groups)
    (bundle.folder / REFERENCE_FILE).write_text(reference.to_json() + "\n", encoding="utf-8")
    files = bundle.manifest.files | {REFERENCE_FILE: sha256(bundle.folder / REFERENCE_FILE)}
    manifest = bundle.manifest.model_copy(update={"files": files})
    write_manifest(bundle.folder, manifest)
    return Bundle(manifest, bundle.folder)


def reference_of(
    labels: tuple[str, ...], probabilities: Floats, embeddings: Floats, groups: Sequence[str]
) -> Reference:
    """What there is to say of N pictures; see ``add_reference``."""
    # In eight bits, as the archive has those that are compared with them.
    places = projected(stack([one.values for one in quantize(embeddings)]))
    edges = edges_of(places)

    def counted(chosen: _Places) -> Part:
        return _counted(labels, probabilities[chosen], places[chosen], edges)

    whole = counted(np.arange(len(groups)))
    return Reference(
        images=len(groups),
        labels=whole.labels,
        scores=whole.scores,
        embeddings=EmbeddingBins(edges=tuple(map(tuple, edges.tolist())), counts=whole.embeddings),
        parts=tuple(map(counted, _parts(groups))),
    )


def _counted(labels: tuple[str, ...], probabilities: Floats, places: Numbers, edges: Numbers) -> Part:
    scores = probabilities.max(axis=1)
    in_bins = np.bincount(np.minimum(scores * SCORE_BINS, SCORE_BINS - 1).astype(np.int64), minlength=SCORE_BINS)
    return Part(
        labels=dict(Counter(labels[number] for number in probabilities.argmax(axis=1).tolist())),
        scores=tuple(in_bins.tolist()),
        embeddings=tuple(map(tuple, binned(places, edges).tolist())),
    )


def _parts(groups: Sequence[str]) -> Iterator[_Places]:
    """The places of pictures in parts of about the same size, with whole groups; none if all are by themselves.

    Parts are drawn by chance, the "random groups" of surveys (Wolter: Introduction to Variance Estimation, 2007).
    """
    sizes = Counter(groups)
    if len(sizes) == len(groups):
        return
    parts: list[set[str]] = [set() for _ in range(min(MAX_PARTS, len(sizes)))]
    filled = [0] * len(parts)
    # The largest first, then by a hash: names go by label, and parts must not be more alike than chance makes them.
    for group in sorted(sizes, key=lambda one: (-sizes[one], hashlib.sha256(one.encode()).digest())):
        smallest = filled.index(min(filled))
        parts[smallest].add(group)
        filled[smallest] += sizes[group]
    for part in parts:
        yield np.flatnonzero([group in part for group in groups])
