"""A model that is loaded, warmed up and ready to answer."""

import hashlib
from dataclasses import dataclass

from loupe_inference.batcher import Batcher
from loupe_inference.head import Head
from loupe_inference.runtime import Runtime
from loupe_inference.session import OnnxSession
from loupe_inference.settings import InferenceSettings
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Preprocessing
from loupe_shared.result import ModelVersion, Precision


@dataclass(frozen=True, eq=False)
class ServedModel:
    """Everything that the images of a job meet of one model.

    Attributes:
        version: how results name it.
        labels: of its outputs, in order.
        rule: how pictures become its input.
        embeds: whether its embeddings go into the archive.
        key: 32 bytes that stand for all of that and for the graph.
        batcher: infers.
        head: answers from embeddings; unset if the bundle has none, or the model does not run in fp32.
    """

    version: ModelVersion
    labels: tuple[str, ...]
    rule: Preprocessing
    embeds: bool
    key: bytes
    batcher: Batcher
    head: Head | None = None

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.version.name}:{self.version.version} ({self.version.precision})"


def load_model(settings: InferenceSettings, bundle: Bundle, *, looks_on: bool = False) -> ServedModel:
    """A bundle's model, as the settings want it to be run.

    Args:
        settings: of the worker.
        bundle: the model.
        looks_on: whether it answers only while there is nothing else to do, so that one thread is enough.

    Raises:
        InvalidBundle: the bundle does not fit.
        ConfigurationError: it cannot be run so.
    """
    manifest, precision = bundle.manifest, settings.precision
    runtime = Runtime(
        settings.device,
        1 if looks_on else settings.threads,
        settings.cuda_convolution_search,
        settings.gpu_memory_mb,
        settings.tensorrt_cache,
        settings.tensorrt_fp16,
    )
    batch_size = settings.batch_size()
    session = OnnxSession(bundle, precision, runtime, batch_size)
    streams, writers = (1, 1) if looks_on else (settings.stream_count(), settings.decode_threads)
    return ServedModel(
        manifest.model_version(precision),
        manifest.labels,
        manifest.preprocessing,
        settings.embeddings,
        hashlib.sha256(f"{precision}:{settings.embeddings}:{manifest.model_dump_json()}".encode()).digest(),
        Batcher(session, manifest.preprocessing.size, batch_size, streams, writers),
        Head(bundle) if bundle.head_path and precision is Precision.FP32 else None,
    )
