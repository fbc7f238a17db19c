"""Embeddings of the archive with what reviewers said, as ``loupe export FILE --reviewed --embeddings`` writes them."""

from pathlib import Path
from typing import Any

import numpy as np

from loupe_training.datasets.errors import InvalidDataset

SUFFIX = ".parquet"
COMMAND = "loupe export FILE.parquet --reviewed --embeddings"
_COLUMNS = ("container", "blob", "review_label", "conflict", "space", "embedding", "embedding_scale")


def read_export(path: Path) -> dict[str, Any]:
    """What reviewers agree on, under the names that ``embeddings.FORMAT`` has; beside them, of which spaces it is.

    Args:
        path: of the file.

    Raises:
        InvalidDataset: it is no such file, or there is nothing in it to learn from.
    """
    # Takes a tenth of a second, which other commands need not wait for.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with path.open("rb") as file:  # its errors say what is wrong in fewer words
            lacking = sorted(set(_COLUMNS) - set(pq.read_schema(file).names))
        if lacking:
            raise InvalidDataset(f"{path} has no {', '.join(lacking)}: make it by `{COMMAND}`")
        is_agreed = pc.field("review_label").is_valid() & ~pc.field("conflict")
        wanted = is_agreed & pc.field("embedding").is_valid()
        rows = pq.read_table(path, columns=list(_COLUMNS), filters=wanted).to_pydict()
    except OSError as error:
        raise InvalidDataset(f"{path} cannot be read: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise InvalidDataset(f"{path} is not what is needed: make it by `{COMMAND}`") from error
    if not rows["embedding"]:
        raise InvalidDataset(
            f"{path} has no embedding of an image on which reviewers agree: review some, or export more images"
        )
    spaces = sorted(set(rows["space"]))
    if len({len(embedding) for embedding in rows["embedding"]}) > 1:
        raise InvalidDataset(
            f"{path} has embeddings of {' and '.join(spaces)}, which differ in length: export those of one model, by "
            "--model NAME:VERSION"
        )
    return {
        "labels": np.array(rows["review_label"]),
        "names": np.array(["/".join(name) for name in zip(rows["container"], rows["blob"], strict=True)]),
        "vectors": np.frombuffer(b"".join(rows["embedding"]), np.int8).reshape(len(rows["embedding"]), -1),
        "scales": np.array(rows["embedding_scale"], np.float32),
        "spaces": spaces,
    }
