"""The last layer of a model by itself, which needs an embedding and no picture."""

import numpy as np
import onnxruntime

from loupe_inference.session import Floats
from loupe_shared.bundle import HEAD_FILE, Bundle
from loupe_shared.errors import InvalidBundle

INPUT, OUTPUT = "embedding", "probabilities"


class Head:
    """The head of a bundle, on the CPU, which takes microseconds for an image. Safe for use from several threads.

    Args:
        bundle: that has the file.

    Attributes:
        embedding_size: values of an embedding.

    Raises:
        InvalidBundle: it cannot be loaded, or does not fit the manifest.
    """

    def __init__(self, bundle: Bundle) -> None:
        path, labels = bundle.folder / HEAD_FILE, len(bundle.manifest.labels)
        self.embedding_size = bundle.manifest.embedding_size
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            found = self.run(np.zeros((2, self.embedding_size), np.float32)).shape
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise InvalidBundle(f"{path} cannot be used: {str(error).splitlines()[0]}") from error
        if found != (2, labels):
            raise InvalidBundle(f"{path} gives probabilities of shape {found}, but the manifest has {labels} labels")

    def run(self, embeddings: Floats) -> Floats:
        """``float32[N, embedding_size]`` to probabilities, ``float32[N, labels]``."""
        (probabilities,) = self._session.run([OUTPUT], {INPUT: embeddings})
        answered: Floats = probabilities
        return answered
