"""How what shadow versions say lies in Cosmos DB: addresses, documents, indexes and queries.

Partition key: ``bucket``, a hash of the image's id. A bucket has a document for each comparison, which the service
forgets after a while, and documents with counts, which stay: one for each label that was answered, so that they are
small. So a transactional batch counts what it keeps.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from azure.cosmos import PartitionKey

from loupe_shared.adapters.cosmos_documents import SECONDS_PER_DAY, Document
from loupe_shared.adapters.cosmos_queries import Query
from loupe_shared.shadow import Comparison, Pair

PARTITION_KEY = "/bucket"
BUCKETS = 16

_ON_WITHOUT_DEFAULT = -1
_INDEXED = ("bucket", "kind", "model", "shadow", "serving", "sureness")


class Counted(NamedTuple):
    """What the counts in one document are of."""

    model: str
    shadow: int
    serving: int
    answered: str

    @classmethod
    def of(cls, comparison: Comparison) -> "Counted":
        """Where a comparison counts."""
        answered = comparison.answered
        return cls(comparison.model, comparison.shadow.version, answered.version, answered.label)

    @property
    def id(self) -> str:
        """Of the document. Labels may have characters that ids may not."""
        name = f"{self.model}:{self.shadow}:{self.serving}:{self.answered}"
        return f"counts-{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"


def container_arguments() -> dict[str, Any]:
    """What a new container is created with, but for its name."""
    indexing: Document = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": f"/{path}/?"} for path in _INDEXED],
        "excludedPaths": [{"path": "/*"}],
    }
    return {
        "partition_key": PartitionKey(PARTITION_KEY),
        "indexing_policy": indexing,
        "default_ttl": _ON_WITHOUT_DEFAULT,
    }


def bucket_of(comparison: Comparison) -> str:
    """The bucket of an image."""
    return f"{int(comparison.image.id[:8], 16) % BUCKETS:02d}"


def comparison_document(bucket: str, comparison: Comparison, days: int | None) -> Document:
    """A comparison."""
    document: Document = {
        "id": comparison.id,
        "bucket": bucket,
        "kind": "comparison",
        "model": comparison.model,
        "shadow": comparison.shadow.version,
        "serving": comparison.answered.version,
        "comparison": comparison.model_dump(mode="json", exclude_none=True),
    }
    if comparison.sureness is not None:
        document["sureness"] = comparison.sureness
    return document if days is None else document | {"ttl": days * SECONDS_PER_DAY}


def counts_documents(bucket: str, added: Iterable[Comparison], known: Mapping[str, Document]) -> list[Document]:
    """The documents with counts that change when comparisons are added, as they are afterwards.

    Args:
        bucket: of all of them.
        added: new comparisons.
        known: documents as they are, by id.
    """
    counts: dict[Counted, Counter[str]] = defaultdict(Counter)
    for comparison in added:
        counts[Counted.of(comparison)][comparison.shadow.label] += 1
    for counted, labels in counts.items():
        labels.update(dict(known[counted.id]["counts"]) if counted.id in known else {})
    return [
        {"id": counted.id, "bucket": bucket, "kind": "counts", **counted._asdict(), "counts": list(labels.items())}
        for counted, labels in counts.items()
    ]


def counters_of(document: Document) -> Iterator[tuple[Pair, int]]:
    """The counters in a document."""
    for label, images in document["counts"]:
        yield Pair(document["serving"], document["answered"], label), images


def comparison_of(document: Document) -> Comparison:
    """The comparison in a document."""
    return Comparison.model_validate(document["comparison"])


def counts_query(model: str, shadow: int) -> Query:
    """All counts of a shadow version."""
    text = "SELECT * FROM c WHERE c.kind = 'counts' AND c.model = @model AND c.shadow = @shadow"
    return Query(text, _parameters(model=model, shadow=shadow))


def surest_query(model: str, shadow: int, serving: int, limit: int) -> Query:
    """Disagreements. To sort by one property takes no composite index."""
    text = (
        f"SELECT TOP {limit} * FROM c WHERE c.kind = 'comparison' AND c.model = @model AND c.shadow = @shadow "  # noqa: S608
        "AND c.serving = @serving AND IS_DEFINED(c.sureness) ORDER BY c.sureness DESC"
    )
    return Query(text, _parameters(model=model, shadow=shadow, serving=serving))


def ids_of(comparisons: Sequence[Comparison]) -> list[str]:
    """The documents that comparisons may change."""
    return list(dict.fromkeys(id_ for one in comparisons for id_ in (one.id, Counted.of(one).id)))


def _parameters(**values: object) -> list[Document]:
    return [{"name": f"@{name}", "value": value} for name, value in values.items()]
