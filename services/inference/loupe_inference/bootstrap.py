"""The composition root of the inference worker: the only place that names adapters."""

from contextlib import closing

from loupe_inference.blob_storage import AzureBlobReader
from loupe_inference.classifier import Classifier
from loupe_inference.prepare import Limits, Preparer
from loupe_inference.session import OnnxSession
from loupe_inference.settings import InferenceSettings
from loupe_shared.adapters.broker import CeleryPublisher, make_celery
from loupe_shared.adapters.outstanding import ValkeyOutstanding
from loupe_shared.adapters.storage_http import StorageHttp
from loupe_shared.adapters.worker import consume, serve
from loupe_shared.bundle import Bundle
from loupe_shared.messages import ClassifyJob


def serve_inference(settings: InferenceSettings) -> int:
    """Work until told to end. Returns the exit code."""
    bundle = Bundle.load(settings.model_bundle)
    session = OnnxSession(bundle, settings.device, settings.threads, settings.max_batch_size)
    app = make_celery(settings, consumes=ClassifyJob.queue)
    with closing(StorageHttp(settings, settings.concurrent_fetches, settings.fetch_timeout_s)) as http:
        preparer = Preparer(
            AzureBlobReader(settings.blob_endpoint, http),
            bundle.manifest.preprocessing,
            bundle.manifest.model_version(),
            Limits(settings.max_image_bytes, settings.max_image_pixels, settings.decode_timeout_s),
            settings.decode_threads,
        )
        outstanding = ValkeyOutstanding(settings)
        classifier = Classifier(
            preparer, session, bundle.manifest, CeleryPublisher(app), outstanding, settings.max_batch_size
        )
        consume(app, ClassifyJob, classifier.handle, give_up=lambda job: outstanding.settle(job.images))
        return serve(app, ClassifyJob.queue, settings.concurrent_jobs, settings.heartbeat_file)
