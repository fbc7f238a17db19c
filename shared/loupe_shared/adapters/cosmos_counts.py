"""The counts of a bucket in Cosmos DB: for each day a document, of container → model → kind → key → images."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from loupe_shared.adapters.cosmos_documents import Document, counts_id
from loupe_shared.counters import Key, keys_of
from loupe_shared.succession import Succession

_NO_MODEL = "-"  # a model's name has a colon, and an empty name of a property is a risk


def changes(successions: Iterable[Succession]) -> dict[str, Counter[Key]]:
    """By day, what there is to be added to the counts."""
    days: dict[str, Counter[Key]] = defaultdict(Counter)
    for succession in successions:
        for result, images in ((succession.current, 1), (succession.displaced, -1)):
            if result:
                for key in keys_of(result):
                    days[key.day][key] += images
    return {day: keys for day, keys in days.items() if any(keys.values())}


def counts_document(bucket: str, day: str, before: Document | None, added: Mapping[Key, int]) -> Document:
    """The counts of a day after a change; those that are zero are left out."""
    counts = {
        container: {model: {kind: dict(keys) for kind, keys in kinds.items()} for model, kinds in models.items()}
        for container, models in (before["counts"] if before else {}).items()
    }
    for key, images in added.items():
        kinds = counts.setdefault(key.container, {}).setdefault(key.model or _NO_MODEL, {})
        keys = kinds.setdefault(key.kind, {})
        keys[key.key] = keys.get(key.key, 0) + images
        if not keys[key.key]:
            del keys[key.key]
    return {"id": counts_id(day), "bucket": bucket, "kind": "counts", "day": day, "counts": counts}


def counters_of(document: Document) -> Iterator[tuple[Key, int]]:
    """The counters in a document."""
    day = document["day"]
    for container, models in document["counts"].items():
        for name, kinds in models.items():
            model = "" if name == _NO_MODEL else name
            for kind, keys in kinds.items():
                for key, images in keys.items():
                    yield Key(day, container, model, kind, key), images
