"""What one image costs in every part of the system, from the benchmark, the documents and the messages themselves."""

from datetime import UTC, datetime

from bench.scaling.hardware import figure
from loupe_shared.domain import ImageRef
from loupe_shared.messages import ClassifyJob

# docs/data-model.md, "What it costs": 1,024 results at once, in 32 buckets.
RU_PER_IMAGE, RU_PER_IMAGE_WITH_EMBEDDING = 14.7, 37.0
RESULT_BYTES, EMBEDDING_BYTES = 1_370 + 200, 4_000 + 200  # with the service's own properties
BUCKET_BYTES = 20e9
LEAST_RU_PER_S = 4_000

BASE64 = 4 / 3  # in which the broker keeps what Celery gives it
HASH_BYTES = 100  # of a field in a hash, beside its content
KNOWN_ANSWERS_BYTES = 20_000 * 3_000  # as LOUPE_KNOWN_ANSWERS says

# Requests. A page of the queue has 32 messages, a page of a container's listing 5,000 names.
QUEUE_OPERATIONS = 1 + 1 + 1 / 32
LISTED = 5_000

_EXAMPLE = ImageRef(
    account="loupeimages",
    container="images",
    blob="line-3/2026/11/22/cam07-000123.jpg",
    etag="0x8DE29A7F1C2B3A4",
    sequencer="00000000000000000000000000015508000000000005101c",
    uploaded_at=datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC),
    content_length=184_320,
)


def broker_bytes() -> float:
    """Memory that an image takes in the broker while it waits: in its job, and in the record of what is outstanding."""
    images = 32
    job = len(ClassifyJob(images=(_EXAMPLE,) * images).to_json()) / images
    return job * BASE64 + len(_EXAMPLE.model_dump_json(exclude_computed_fields=True)) + HASH_BYTES


def ingestion_cpu_s() -> float:
    """CPU of ingestion, with events from the storage queue."""
    return float(figure("storage queue, Azurite", "CPU, ingestion", "plumbing").mean()) / 1000


def results_cpu_s(*, embeddings: bool) -> float:
    """CPU of the results service, with Cosmos DB."""

    def of(name: str) -> float:
        return float(figure("Cosmos DB", name, "writes").mean()) / 1000

    more = of("CPU of the client, 1,024 with embeddings at a time") - of("CPU of the client, 1,024 results at a time")
    return of("CPU of the service, 32 results without embeddings per message") + (more if embeddings else 0.0)
