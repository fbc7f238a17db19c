"""The composition root of ingestion: the only place that names adapters."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from loupe_ingestion.consumer import Consumer
from loupe_ingestion.handler import EventHandler
from loupe_ingestion.ports import EventQueue
from loupe_ingestion.queue_storage import AzureEventQueue
from loupe_ingestion.settings import IngestionSettings
from loupe_ingestion.valkey_ledger import ValkeyLedger
from loupe_ingestion.webhook import webhook_router
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.web import health_router, install_problems, serve_http
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.metrics import EVENTS_WAITING

CONCURRENT_REQUESTS = 16
STORAGE_TIMEOUT_S = 20.0

# Visibility timeouts after which an image that is in no queue is lost. What a dead worker held comes back after one.
RESCUE_AFTER = 2.0


def serve_ingestion(settings: IngestionSettings) -> int:
    """Consume the queue and serve the webhook until told to end. Returns the exit code."""
    handler = EventHandler(
        CeleryPublisher(make_celery(settings)),
        ValkeyLedger(settings, settings.duplicate_window_s),
        ValkeyOutstanding(settings),
        settings.storage_account,
        settings.image_container,
        settings.job_size,
    )
    with closing(StorageHttp(settings, CONCURRENT_REQUESTS, STORAGE_TIMEOUT_S)) as http:
        queue = AzureEventQueue(http, settings.queue_endpoint, settings.event_queue, settings.event_timeout_s)
        consumer = Consumer(
            queue,
            handler,
            settings.poll_interval_s,
            settings.max_deliveries,
            RESCUE_AFTER * settings.visibility_timeout_s,
        )
        try:
            with Exposition(settings, "ingestion", [partial(_look, queue)]):
                return serve_http(create_app(settings, handler, queue, consumer), settings)
        finally:
            consumer.stop()  # a second signal makes the server skip the end of its lifespan


def _look(queue: EventQueue) -> None:
    """Set the gauge of events that wait."""
    EVENTS_WAITING.set(math.nan)
    EVENTS_WAITING.set(queue.count())


def create_app(settings: IngestionSettings, handler: EventHandler, queue: EventQueue, consumer: Consumer) -> FastAPI:
    """The web application, in whose lifetime the consumer runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        consumer.start()
        yield
        await run_in_threadpool(consumer.stop)

    def check() -> None:
        handler.check()
        queue.check()

    app = FastAPI(
        title="Loupe ingestion", version=version("loupe-ingestion"), lifespan=lifespan, docs_url=None, redoc_url=None
    )
    install_problems(app)
    app.include_router(health_router(check))
    app.include_router(webhook_router(handler, queue, settings.webhook_token))
    return app
