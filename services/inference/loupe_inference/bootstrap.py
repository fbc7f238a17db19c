"""The composition root of the inference worker: the only place that names adapters."""

from contextlib import closing
from functools import partial

from loupe_inference.answers import Answers, NoAnswers
from loupe_inference.blob_storage import AzureBlobReader
from loupe_inference.classifier import Classifier
from loupe_inference.model import load_model
from loupe_inference.serving import BundleWatch
from loupe_inference.settings import InferenceSettings
from loupe_inference.stages import Limits, Stages
from loupe_inference.valkey_answers import ValkeyAnswers
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.worker import consume, serve
from loupe_shared.adapters.workers import ValkeyWorkers
from loupe_shared.messages import BackfillJob, ClassifyJob
from loupe_shared.pipeline import Served
from loupe_shared.reporter import Reporter
from loupe_shared.telemetry.exposition import Exposition
from loupe_shared.telemetry.worker_info import worker_look


def serve_inference(settings: InferenceSettings) -> int:
    """Work until told to end. Returns the exit code."""
    watch = BundleWatch(settings.model_bundle, partial(load_model, settings), settings.bundle_poll_interval_s)
    job_type, service = ClassifyJob if settings.lane == "live" else BackfillJob, settings.service("inference")
    app = make_celery(settings, consumes=job_type.queue)
    with closing(watch), closing(StorageHttp(settings, settings.concurrent_fetches, settings.fetch_timeout_s)) as http:
        stages = Stages(
            AzureBlobReader(settings.blob_endpoint, http),
            _answers(settings),
            Limits(settings.max_image_bytes, settings.max_image_pixels, settings.decode_timeout_s),
            settings.decode_threads,
        )
        outstanding = ValkeyOutstanding(settings)
        classifier = Classifier(stages, watch.serving, CeleryPublisher(app), outstanding)
        consume(app, job_type, classifier.handle, give_up=lambda job: outstanding.settle(job.images))

        def served() -> Served:
            return Served(watch.serving.version, settings.device)

        reporter = Reporter(ValkeyWorkers(settings), service, classifier.tally, served)
        with Exposition(settings, service, [worker_look(served)]), reporter:
            return serve(app, job_type.queue, settings.concurrent_jobs, settings.heartbeat_file)


def _answers(settings: InferenceSettings) -> Answers:
    return ValkeyAnswers(settings, settings.known_answers) if settings.known_answers else NoAnswers()
