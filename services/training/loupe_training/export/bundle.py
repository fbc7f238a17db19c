"""A bundle is written beside its place and renamed, after it was found to answer as what it was made of."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from loupe_shared.bundle import HEAD_FILE, MODEL_FILE, Bundle, Manifest, sha256
from loupe_shared.card import Provenance
from loupe_shared.errors import InvalidBundle
from loupe_shared.preprocess import Pixels, Preprocessing
from loupe_training.datasets.folder import appearing
from loupe_training.evaluation.answers import Floats, Graph
from loupe_training.export.head import EMBEDDING, head_of
from loupe_training.export.manifest import write_manifest
from loupe_training.export.record import RECORD_FILE, Record

# Sums of float32 in another order differ by so much, relative to the largest value of an output.
TOLERANCE = 1e-3

Reference = Callable[[Pixels], Mapping[str, Floats]]  # by output


@dataclass(frozen=True)
class Identity:
    """What a bundle is called, under which terms it stands, and whose embeddings it gives, if not its own."""

    name: str
    version: int
    provenance: Provenance
    space: str | None = None


@contextmanager
def new_bundle(
    to: Path,
    graph: onnx.ModelProto,
    labels: tuple[str, ...],
    rule: Preprocessing,
    identity: Identity,
    record: Record,
) -> Iterator[Bundle]:
    """A bundle in a folder of its own, which takes its place when the block ends; nothing is left after an error.

    Args:
        to: the folder that it is to be, which must not be there yet.
        graph: see ``loupe_shared.bundle.Manifest``.
        labels: in the order of the probabilities.
        rule: by which pictures are decoded.
        identity: its name.
        record: how it came about.

    Raises:
        InvalidDataset: the folder is there already, or the disk does not take it.
        InvalidBundle: the graph is not what a manifest can describe.
    """
    with appearing(to) as folder:
        (folder / MODEL_FILE).write_bytes(graph.SerializeToString(deterministic=True))
        (folder / HEAD_FILE).write_bytes(head_of(graph).SerializeToString(deterministic=True))
        (folder / RECORD_FILE).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        write_manifest(
            folder,
            Manifest(
                schema_version=1,
                name=identity.name,
                version=identity.version,
                labels=labels,
                embedding_size=_width(graph, EMBEDDING),
                preprocessing=rule,
                preprocessing_hash=rule.fingerprint(),
                space=identity.space,
                files={name: sha256(folder / name) for name in (MODEL_FILE, HEAD_FILE, RECORD_FILE)},
                provenance=identity.provenance,
            ),
        )
        yield Bundle.load(folder)


def prove(bundle: Bundle, reference: Reference, pixels: Pixels) -> None:
    """Compare a bundle with what it was made of, over real pictures.

    Args:
        bundle: as it was written.
        reference: what it was made of. Outputs that it does not name are not compared.
        pixels: the pictures, ``uint8[N, size, size, 3]``.

    Raises:
        InvalidBundle: it answers differently.
    """
    found = Graph(bundle).run(pixels)
    for output, expected in reference(pixels).items():
        difference = float(np.abs(getattr(found, output) - expected).max() / max(1.0, float(np.abs(expected).max())))
        if not difference <= TOLERANCE:
            raise InvalidBundle(
                f"the graph's {output} differ from the network's by {difference:.2g}, more than {TOLERANCE}: "
                "the export is wrong, and no bundle was written"
            )


def _width(graph: onnx.ModelProto, output: str) -> int:
    for one in graph.graph.output:
        if one.name == output:
            return int(one.type.tensor_type.shape.dim[1].dim_value)
    raise InvalidBundle(f"the graph has no output {output}")
