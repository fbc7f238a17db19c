"""Running a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from loupe_inference.runtime import PROVIDERS, Runtime
from loupe_shared.bundle import Bundle
from loupe_shared.errors import ConfigurationError, InvalidBundle
from loupe_shared.preprocess import Pixels
from loupe_shared.result import Precision

INPUT = "images"
OUTPUTS = ["probabilities", "embedding", "activation_map"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Outputs:
    """What a model says of a batch of N images, in the batch's order.

    Attributes:
        probabilities: ``float32[N, labels]``.
        embedding: ``float32[N, embedding_size]``.
        activation_map: ``float32[N, rows, columns]``, of the most probable label.
    """

    probabilities: Floats
    embedding: Floats
    activation_map: Floats


class ModelSession(Protocol):
    """A loaded model. Safe for use from several threads."""

    def run(self, batch: Pixels) -> Outputs:
        """Infer ``uint8[N, size, size, 3]``: same length, same order."""


class OnnxSession:
    """``ModelSession`` on ONNX Runtime, warmed up for every size of a batch.

    Args:
        bundle: the model.
        precision: which of its graphs.
        runtime: where and how it runs; nothing else is accepted in its place.
        max_batch_size: the largest batch that will come.

    Raises:
        ConfigurationError: the device cannot be used, or the bundle has no graph of this precision.
        InvalidBundle: the graph cannot be loaded or is not as the manifest says.
    """

    def __init__(self, bundle: Bundle, precision: Precision, runtime: Runtime, max_batch_size: int) -> None:
        onnxruntime.disable_telemetry_events()
        self._path = bundle.model_path(precision)
        self._on_gpu = runtime.device != "cpu"
        self._buckets = runtime.buckets(max_batch_size)
        required = PROVIDERS[runtime.device]
        setting = f"LOUPE_DEVICE is {runtime.device}"
        if not set(required) <= set(onnxruntime.get_available_providers()):
            raise ConfigurationError(f"{setting}, but this build of ONNX Runtime cannot do that: install extra gpu")
        if self._on_gpu:
            onnxruntime.preload_dlls()  # finds the CUDA libraries that came as wheels
        size, labels = bundle.manifest.preprocessing.size, len(bundle.manifest.labels)
        self._embedding_size = bundle.manifest.embedding_size
        providers = runtime.providers(INPUT, (size, size, 3), max_batch_size)
        try:
            self._session = onnxruntime.InferenceSession(str(self._path), runtime.session_options(), providers)
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise InvalidBundle(f"{self._path} cannot be loaded: {str(error).splitlines()[0]}") from error
        # ONNX Runtime only logs when a provider fails to load, and then runs on the CPU.
        if tuple(self._session.get_providers()[: len(required)]) != required:
            raise ConfigurationError(
                f"{setting}, but ONNX Runtime cannot use a GPU here: check driver and CUDA libraries"
            )
        for batch_size in self._buckets or sorted({1, max_batch_size}):
            self._warm_up((batch_size, size, size, 3), labels)

    def run(self, batch: Pixels) -> Outputs:
        """See ``ModelSession.run``."""
        length = len(batch)
        bucket = next((size for size in self._buckets if size >= length), length)
        if bucket != length:
            batch = np.concatenate([batch, np.zeros((bucket - length, *batch.shape[1:]), np.uint8)])
        outputs = self._run_bound(batch) if self._on_gpu else self._session.run(OUTPUTS, {INPUT: batch})
        return Outputs(*(output[:length] for output in outputs))

    def _run_bound(self, batch: Pixels) -> Sequence[Floats]:
        """Only the bound outputs leave the GPU, straight into the memory from which they are read."""
        binding = self._session.io_binding()
        binding.bind_cpu_input(INPUT, batch)
        for name in OUTPUTS:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        outputs: list[Floats] = binding.copy_outputs_to_cpu()
        return outputs

    def _warm_up(self, shape: tuple[int, int, int, int], labels: int) -> None:
        try:
            outputs = self.run(np.zeros(shape, np.uint8))
        except Exception as error:
            message = str(error).splitlines()[0]
            raise InvalidBundle(f"{self._path} cannot infer {shape[0]} images: {message}") from error
        if outputs.embedding.shape != (shape[0], self._embedding_size):
            raise InvalidBundle(
                f"{self._path} gives embeddings of shape {outputs.embedding.shape}, "
                f"but the manifest says {self._embedding_size} values"
            )
        if outputs.probabilities.shape != (shape[0], labels):
            raise InvalidBundle(
                f"{self._path} gives probabilities of shape {outputs.probabilities.shape}, "
                f"but the manifest has {labels} labels"
            )
