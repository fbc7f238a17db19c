"""The composition root of the query API: the only place that names adapters."""

from contextlib import ExitStack, closing

from loupe_query.access.guard import Access
from loupe_query.app import Archive, create_app
from loupe_query.drift.references import BundleReferences
from loupe_query.frontend import Frontend, content_security_policy
from loupe_query.gauges import letter_look, queue_look
from loupe_query.jobs.blob_outputs import BlobOutputs
from loupe_query.live import MAX_STREAMS
from loupe_query.models.registering import Place
from loupe_query.operate.jobs import JOBS, Jobs
from loupe_query.operate.office import Office
from loupe_query.operate.poison_queue import PoisonLetters
from loupe_query.operate.ports import LetterBox
from loupe_query.operate.valkey_letters import ValkeyLetters
from loupe_query.pictures.azure_links import AzureLinks
from loupe_query.pictures.thumbnails import BlobThumbnails
from loupe_query.review.valkey_claims import ValkeyClaims
from loupe_query.settings import QuerySettings
from loupe_query.similar.embedder import Embedder
from loupe_query.similar.sqlite import SqliteSimilar
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.changes import ValkeyAnnouncer, ValkeyChanges
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.queues import ValkeyQueues
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.stores import open_job_store, open_shadow_store, open_store
from loupe_shared.adapters.web import Ending, serve_http
from loupe_shared.adapters.workers import ValkeyWorkers
from loupe_shared.ports import ResultStore, SimilarImages
from loupe_shared.telemetry.exposition import Exposition

POISON_REQUESTS = 4  # at once
POISON_TIMEOUT_S = 5.0


def serve_query(settings: QuerySettings) -> int:
    """Answer requests until told to end. Returns the exit code."""
    access, ending = Access(settings), Ending()
    with ExitStack() as resources:
        service = resources.enter_context(connect(settings))
        links = AzureLinks(settings, service)
        store, similar = _open(settings)
        poison = _poison_letters(settings, resources)
        models = settings.model_container
        registry = BlobRegistry(service, models) if models else None
        jobs = Jobs(ValkeyOutstanding(settings), CeleryPublisher(make_celery(settings)))
        archive = Archive(
            account=settings.storage_account,
            images=settings.image_container,
            store=resources.enter_context(closing(store)),
            changes=ValkeyChanges(settings, MAX_STREAMS + 8),
            announcer=ValkeyAnnouncer(settings),
            queues=ValkeyQueues(settings),
            workers=ValkeyWorkers(settings),
            similar=resources.enter_context(closing(similar)),
            claims=ValkeyClaims(settings),
            office=Office(_boxes(settings, jobs, poison), settings.dead_letter_days),
            jobs=jobs,
            batch_jobs=resources.enter_context(closing(open_job_store(settings))),
            outputs=BlobOutputs(service, settings.output_container) if settings.output_container else None,
            registry=registry,
            intake=Place(registry, models) if registry and models else None,
            shadows=resources.enter_context(closing(open_shadow_store(settings))),
            references=BundleReferences(registry, settings.model_bundle),
            embedder=_embedder(settings),
            links=links,
            thumbnails=resources.enter_context(closing(BlobThumbnails(settings, service, links))),
            max_picture_bytes=settings.max_image_bytes,
        )
        looks = [queue_look(archive.queues), *([letter_look(poison)] if poison else [])]
        resources.enter_context(Exposition(settings, "query", looks))
        return serve_http(create_app(archive, access, ending, _frontend(settings)), settings, ending)


def _poison_letters(settings: QuerySettings, resources: ExitStack) -> PoisonLetters | None:
    if settings.queue_endpoint is None:
        return None
    http = resources.enter_context(closing(StorageHttp(settings, POISON_REQUESTS, POISON_TIMEOUT_S)))
    return PoisonLetters(http, settings.queue_endpoint, settings.event_queue)


def _boxes(settings: QuerySettings, jobs: Jobs, poison: PoisonLetters | None) -> list[LetterBox]:
    return [*(ValkeyLetters(settings, source, jobs) for source in JOBS), *([poison] if poison else [])]


def _embedder(settings: QuerySettings) -> Embedder | None:
    if settings.model_bundle is None:
        return None
    return Embedder(settings.model_bundle, settings.max_image_pixels)


def _frontend(settings: QuerySettings) -> Frontend | None:
    if settings.frontend is None:
        return None
    authority = settings.entra_authority if settings.entra_client else None
    return Frontend(settings.frontend, content_security_policy(settings.blob_endpoint, authority))


def _open(settings: QuerySettings) -> tuple[ResultStore, SimilarImages]:
    """The archive."""
    if settings.results_store == "cosmos":
        # The SDK takes half a second to import, which a process with another store need not pay.
        from loupe_shared.adapters.cosmos import open_cosmos  # noqa: PLC0415
        from loupe_shared.adapters.cosmos_similar import CosmosSimilar  # noqa: PLC0415

        store = open_cosmos(settings)
        return store, CosmosSimilar(store.archive)
    if settings.sqlite_path is None:  # the settings refuse this
        raise AssertionError
    return open_store(settings), SqliteSimilar(settings.sqlite_path)
