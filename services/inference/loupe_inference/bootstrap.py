"""The composition root of the inference worker: the only place that names adapters."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from loupe_inference.answers import Answers, NoAnswers
from loupe_inference.blob_storage import AzureBlobReader
from loupe_inference.classifier import Classifier
from loupe_inference.kept import KeepingReader, Kept, KeptReader
from loupe_inference.model import load_model
from loupe_inference.release_watch import ReleaseWatch, first_release
from loupe_inference.releases import Releases
from loupe_inference.serving import BundleWatch, Serving
from loupe_inference.settings import InferenceSettings
from loupe_inference.shadows import Shadows
from loupe_inference.stages import Limits, Stages
from loupe_inference.valkey_answers import ValkeyAnswers
from loupe_shared.adapters.blob_registry import BlobRegistry
from loupe_shared.adapters.blob_service import connect
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.worker import consume, serve
from loupe_shared.adapters.workers import ValkeyWorkers
from loupe_shared.bundle import Bundle
from loupe_shared.heartbeat import Heartbeat
from loupe_shared.messages import BackfillJob, ClassifyJob
from loupe_shared.pipeline import Served
from loupe_shared.reporter import Reporter
from loupe_shared.stopping import until_told_to_end
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.worker_info import worker_look

KEPT_BYTES = 64_000_000


def serve_inference(settings: InferenceSettings) -> int:
    """Work until told to end. Returns the exit code."""
    with _serving(settings) as serving:
        return _work(settings, serving) if serving else 0


def _work(settings: InferenceSettings, serving: Serving) -> int:
    job_type, service = ClassifyJob if settings.lane == "live" else BackfillJob, settings.service("inference")
    app = make_celery(settings, consumes=job_type.queue)
    publisher, outstanding = CeleryPublisher(app), ValkeyOutstanding(settings)
    limits = Limits(settings.max_image_bytes, settings.max_image_pixels, settings.decode_timeout_s)
    with closing(StorageHttp(settings, settings.concurrent_fetches, settings.fetch_timeout_s)) as http:
        storage, kept = AzureBlobReader(settings.blob_endpoint, http), Kept(KEPT_BYTES)
        reader = KeepingReader(storage, kept, lambda: serving.has_shadows)
        stages = Stages(reader, _answers(settings), limits, settings.decode_threads)
        behind = Stages(KeptReader(storage, kept), NoAnswers(), limits, decode_threads=1)
        with Shadows(behind, serving, publisher, settings.batch_size()) as shadows:
            classifier = Classifier(stages, serving, publisher, outstanding, shadows)
            consume(app, job_type, classifier.handle, give_up=lambda job: outstanding.settle(job.images))

            def served() -> Served:
                return Served(serving.version, settings.device)

            reporter = Reporter(ValkeyWorkers(settings), service, classifier.tally, served)
            with Exposition(settings, service, [worker_look(served)]), reporter:
                return serve(app, job_type.queue, settings.concurrent_jobs, settings.heartbeat_file)


@contextmanager
def _serving(settings: InferenceSettings) -> Iterator[Serving | None]:
    """What answers; nothing if the worker is told to end before there is anything."""
    if settings.model_bundle is not None:
        folder = settings.model_bundle
        watch = BundleWatch(folder, lambda: load_model(settings, Bundle.load(folder)), settings.bundle_poll_interval_s)
        with closing(watch):
            yield watch.serving
        return
    with ExitStack() as resources:
        releases = _releases(settings, resources)
        first = releases.after(None)
        if first is None:
            # It may take long, and who supervises the worker should not think that it hangs.
            with until_told_to_end() as stopped, Heartbeat(settings.heartbeat_file):
                first = first_release(releases, stopped)
        if first is None:
            yield None
            return
        yield resources.enter_context(closing(ReleaseWatch(releases, first, settings.bundle_poll_interval_s))).serving


def _releases(settings: InferenceSettings, resources: ExitStack) -> Releases:
    if settings.model_name is None or settings.model_container is None:  # the settings refuse this
        raise AssertionError
    cache = settings.model_cache or Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="loupe-models-")))
    registry = BlobRegistry(resources.enter_context(connect(settings)), settings.model_container)
    load = partial(load_model, settings)
    # A batch job names the version that is to answer for all of its images.
    return Releases(registry, settings.model_name, cache, load, serving_only=settings.lane == "backfill")


def _answers(settings: InferenceSettings) -> Answers:
    return ValkeyAnswers(settings, settings.known_answers) if settings.known_answers else NoAnswers()
