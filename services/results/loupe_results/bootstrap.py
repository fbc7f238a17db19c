"""The composition root of the results writer: the only place that names adapters."""

from contextlib import closing

from loupe_results.settings import ResultsSettings
from loupe_results.shadow_writer import ShadowWriter
from loupe_results.writer import Writer
from loupe_shared.adapters.broker import make_celery
from loupe_shared.adapters.changes import ValkeyAnnouncer
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.stores import open_shadow_store, open_store
from loupe_shared.adapters.worker import consume, serve
from loupe_shared.adapters.workers import ValkeyWorkers
from loupe_shared.messages import ShadowBatch, StoreBatch
from loupe_shared.reporter import Reporter
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.worker_info import worker_look


def serve_results(settings: ResultsSettings) -> int:
    """Work until told to end. Returns the exit code."""
    with closing(open_store(settings)) as store, closing(open_shadow_store(settings)) as shadows:
        app = make_celery(settings, consumes=StoreBatch.queue)
        writer = Writer(store, ValkeyOutstanding(settings), ValkeyAnnouncer(settings), settings.concurrent_batches)
        consume(app, StoreBatch, writer.handle, give_up=writer.settle)
        shadow_writer = ShadowWriter(shadows)
        consume(app, ShadowBatch, shadow_writer.handle, give_up=shadow_writer.give_up)
        reporter = Reporter(ValkeyWorkers(settings), "results", writer.tally)
        with Exposition(settings, "results", [worker_look()]), reporter:
            return serve(app, StoreBatch.queue, settings.concurrent_batches, settings.heartbeat_file)
