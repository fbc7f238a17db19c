"""Embeddings of the archive, each with the answer that it belongs to."""

import json
from collections.abc import Mapping

from loupe_shared.ports import ResultStore
from loupe_shared.result import Embedding


def embeddings_of(store: ResultStore, documents: Mapping[str, str]) -> dict[str, tuple[str, Embedding]]:
    """Space and embedding of those answers that documents show, by the image's id.

    An archive is written while it is read. So documents are read once more: an answer that is shown both before and
    after an embedding was read was shown meanwhile, too, since none ever comes back. Images that have no embedding, or
    another answer by now, are left out.

    Args:
        store: the archive.
        documents: what it has just shown of images, by id.

    Raises:
        StoreUnavailable: it does not answer.
    """
    found = store.embeddings(list(documents))
    after = store.find(list(found))
    return {
        id_: known
        for id_, known in found.items()
        if id_ in after and (after[id_] == documents[id_] or _answer(after[id_]) == _answer(documents[id_]))
    }


def _answer(document: str) -> tuple[object, object]:
    """What tells an answer from all others; a review of it changes the document and not the answer."""
    shown = json.loads(document)
    return shown["image"], shown["model"]
