"""Running a model."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from loupe_shared.bundle import Bundle
from loupe_shared.errors import ConfigurationError, InvalidBundle
from loupe_shared.preprocess import Pixels

INPUT = "images"
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
OUTPUTS = ["probabilities", "activation_map"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Outputs:
    """What a model says of a batch of N images, in the batch's order.

    Attributes:
        probabilities: ``float32[N, labels]``.
        activation_map: ``float32[N, rows, columns]``, of the most probable label.
    """

    probabilities: Floats
    activation_map: Floats


class ModelSession(Protocol):
    """A loaded model. Safe for use from several threads."""

    def run(self, batch: Pixels) -> Outputs:
        """Infer ``uint8[N, size, size, 3]``: same length, same order."""


class OnnxSession:
    """``ModelSession`` on ONNX Runtime.

    Args:
        bundle: the model.
        device: where it runs; nothing else is accepted in its place.
        threads: of one inference on the CPU.
        max_batch_size: the largest batch that will come, run once for warm-up.

    Raises:
        ConfigurationError: the device cannot be used.
        InvalidBundle: the graph cannot be loaded or is not as the manifest says.
    """

    def __init__(self, bundle: Bundle, device: Literal["cpu", "cuda"], threads: int, max_batch_size: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads if device == "cpu" else 1
        # Threads that spin while they wait take the CPU from those that decode the next images.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        provider = PROVIDERS[device]
        if provider not in onnxruntime.get_available_providers():
            raise ConfigurationError(
                "LOUPE_DEVICE is cuda, but this is the CPU build of ONNX Runtime: install extra gpu"
            )
        if device == "cuda":
            onnxruntime.preload_dlls()  # finds the CUDA libraries that came as wheels
        try:
            self._session = onnxruntime.InferenceSession(str(bundle.model_path), options, providers=[provider])
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise InvalidBundle(f"{bundle.model_path} cannot be loaded: {str(error).splitlines()[0]}") from error
        # ONNX Runtime only logs when a provider fails to load, and then runs on the CPU.
        if self._session.get_providers()[0] != provider:
            raise ConfigurationError(
                "LOUPE_DEVICE is cuda, but ONNX Runtime cannot use a GPU here: check driver and CUDA libraries"
            )
        self._check(bundle, max_batch_size)

    def run(self, batch: Pixels) -> Outputs:
        """See ``ModelSession.run``."""
        return Outputs(*self._session.run(OUTPUTS, {INPUT: batch}))

    def _check(self, bundle: Bundle, max_batch_size: int) -> None:
        size, labels = bundle.manifest.preprocessing.size, len(bundle.manifest.labels)
        for batch_size in {1, max_batch_size}:
            try:
                outputs = self.run(np.zeros((batch_size, size, size, 3), np.uint8))
            except Exception as error:
                message = str(error).splitlines()[0]
                raise InvalidBundle(f"{bundle.model_path} cannot infer {batch_size} images: {message}") from error
            if outputs.probabilities.shape != (batch_size, labels):
                raise InvalidBundle(
                    f"{bundle.model_path} gives probabilities of shape {outputs.probabilities.shape}, "
                    f"but the manifest has {labels} labels"
                )
