"""All metrics. Alerts and dashboards name them, so they stand in one place, as messages do.

They belong to the process, like its loggers: whoever does something counts it here, whether anybody asks or not. An
addition takes a third of a microsecond, so what happens to every image is counted by job where it can be.
"""

from collections.abc import Mapping

from loupe_shared.telemetry.catalog import DECLARED, Metric, counter, gauge, histogram

INFERENCE = ("inference", "backfill")
WORKERS = (*INFERENCE, "results")
OF_THE_STORE = ("results", "query", "reconciler", "batch")
OF_HTTP = ("ingestion", "query")

QUEUES = "classify, backfill, store"
LANES = "classify, backfill"

SHORT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

# Of the pipeline as a whole, looked up when somebody asks. Every process of the API gives the same.
BROKER_UP = gauge("loupe_broker_up", ("query",), "1 if the broker answered when the queues were looked at, else 0.")
QUEUE_JOBS = gauge(
    "loupe_queue_jobs",
    ("query",),
    "Jobs in the broker's queues, as `GET /v1/pipeline` shows them.",
    queue=QUEUES,
    state="waiting, running, dead",
)
QUEUE_OPEN_JOBS = gauge(
    "loupe_queue_open_jobs",
    ("query",),
    "Jobs that wait or run: the sum by which workers are scaled, because a worker that is at work is needed, too.",
    queue=QUEUES,
)
OUTSTANDING_IMAGES = gauge(
    "loupe_outstanding_images",
    ("query",),
    "Images that were announced and whose outcome is not in the archive yet.",
    queue=LANES,
)
OLDEST_OUTSTANDING = gauge(
    "loupe_oldest_outstanding_seconds",
    ("query",),
    "Seconds for which the oldest of those has been outstanding, to ten seconds, however often it was put back; "
    "0 if none is.",
    queue=LANES,
)
DEAD_LETTERS = gauge(
    "loupe_dead_letters",
    ("query",),
    "Messages and events that were set aside because they can never be handled. Events are counted by storage, "
    "roughly, and only if `LOUPE_QUEUE_ENDPOINT` is set.",
    source=f"{QUEUES}, events",
)

# Of events, and of what is published.
EVENTS = counter(
    "loupe_events_total",
    ("ingestion",),
    "Events that were received. Published: new. Stale: not newer than what is known of the blob. "
    "Ignored: not about a blob of ours that is complete or deleted. Poisoned: not to be understood.",
    ending="published, stale, ignored, poisoned",
)
EVENTS_WAITING = gauge(
    "loupe_events_waiting",
    ("ingestion",),
    "Events in the storage queue that nobody has handled yet, as storage counts them, roughly.",
)
IMAGES_PUBLISHED = counter(
    "loupe_images_published_total",
    ("ingestion", *INFERENCE, "query", "reconciler", "batch"),
    "Images in the messages that were put into the broker; in the queue store, images with their outcome.",
    queue=QUEUES,
)
IMAGES_RESCUED = counter(
    "loupe_images_rescued_total",
    ("ingestion", "batch"),
    "Images that were in no queue and had no outcome, and were published again.",
)

# Of workers.
WORKER_INFO = gauge(
    "loupe_worker_info",
    WORKERS,
    "Always 1, from a worker that takes jobs. What it says is in the labels, which are empty without a model.",
    model="name:version",
    precision="fp32, int8",
    device="cpu, cuda, tensorrt",
)
MESSAGES = counter(
    "loupe_messages_total",
    WORKERS,
    "Messages by what became of them. Retried: put back, as a whole or in part, to be tried again.",
    queue=QUEUES,
    ending="handled, retried, split, buried",
)

# Of inference.
IMAGES = counter(
    "loupe_images_total",
    INFERENCE,
    "Images with their outcome, and the reason of a rejection.",
    outcome="classified, rejected, superseded, deleted",
    reason="as [the page on outcomes](local.md#what-becomes-of-a-picture) has them, else empty",
)
IMAGES_RECALLED = counter(
    "loupe_images_recalled_total",
    INFERENCE,
    "Images whose bytes were known, so that they needed neither decoder nor model.",
)
STAGE_SECONDS = histogram(
    "loupe_stage_seconds",
    INFERENCE,
    "Seconds that a classified image took in each stage. Queued is from upload, or request, until its job began. "
    "Inference is its share of the batch.",
    LONG_S,
    stage="queued, fetch, decode, inference",
)
BATCH_IMAGES = histogram(
    "loupe_inference_batch_images", INFERENCE, "Images of each batch that was inferred.", (1, 2, 4, 8, 16, 32, 64, 128)
)

SHADOW_COMPARISONS = counter(
    "loupe_shadow_comparisons_total",
    ("inference", "results"),
    "What versions that look on were to say. Published: on its way to the results service. Written: kept there. "
    "Dropped: not said, because images went first, or not kept, because the store did not answer.",
    ending="published, written, dropped",
)

# Of results and of their store.
RESULTS_WRITTEN = counter(
    "loupe_results_written_total",
    ("results",),
    "Results that were written, also those that were there already.",
    outcome="classified, rejected, superseded, deleted",
)
RESULTS_SHOWN = counter(
    "loupe_results_shown_total",
    ("results",),
    "Those of them that images show from then on. The others are history, or came again.",
)
WRITE_SECONDS = histogram(
    "loupe_write_seconds", ("results",), "Seconds that each write of a group of results took.", SHORT_S
)
UPLOAD_TO_RESULT = histogram(
    "loupe_upload_to_result_seconds",
    ("results",),
    "Seconds from an image's upload until its result could be read, of images that an event announced.",
    LONG_S,
)
COSMOS_REQUESTS = counter(
    "loupe_cosmos_requests_total",
    OF_THE_STORE,
    "Requests to Cosmos DB, each attempt for itself.",
    status="of HTTP if it failed, such as 429; else ok, or none without an answer",
)
COSMOS_RETRIES = counter(
    "loupe_cosmos_retries_total",
    OF_THE_STORE,
    "Requests to Cosmos DB after which another attempt was made. Conflict: documents were not as supposed.",
    cause="conflict, throttled, unanswered",
)

# Of sweeps.
SWEEPS = counter(
    "loupe_sweeps_total",
    ("reconciler",),
    "Sweeps. What was interrupted goes on later.",
    ending="completed, interrupted, failed",
)
SWEEP_ENDED = gauge(
    "loupe_sweep_ended_timestamp_seconds",
    ("reconciler",),
    "When the last whole sweep of this process ended, as seconds since 1970; until one has, no number.",
)
SWEEP_SECONDS = gauge("loupe_sweep_duration_seconds", ("reconciler",), "Seconds that the last whole sweep took.")
SWEEP_IMAGES = counter(
    "loupe_sweep_images_total",
    ("reconciler",),
    "What whole sweeps have found and done.",
    finding="listed, known, mended, deleted, left",
)

# Of batch jobs.
BATCH_JOBS = gauge(
    "loupe_batch_jobs",
    ("batch",),
    "Batch jobs that have not ended, 1,000 at most. Every process of the service gives the same.",
    state="queued, running, paused",
)
BATCH_JOBS_ENDED = counter(
    "loupe_batch_jobs_ended_total",
    ("batch",),
    "Batch jobs that have ended, but for canceled ones.",
    state="completed, failed",
)
BATCH_IMAGES_ENDED = counter(
    "loupe_batch_job_images_total",
    ("batch",),
    "Images of batch jobs by the end to which they have come. Some count twice if a process dies.",
    end="classified, skipped, failed, gone",
)

# Of HTTP.
HTTP_REQUESTS = counter(
    "loupe_http_requests_total",
    OF_HTTP,
    "Requests that were answered.",
    method="of HTTP, or other",
    route="template of the path, such as /v1/images/{container}/{blob}; other for what none matches",
    status="of HTTP",
)
HTTP_SECONDS = histogram(
    "loupe_http_request_seconds",
    OF_HTTP,
    "Seconds from a request until its answer began; the end of a stream may be hours later.",
    SHORT_S,
    method="of HTTP, or other",
    route="as above",
)

# All of the above, by name.
CATALOG: Mapping[str, Metric] = DECLARED
