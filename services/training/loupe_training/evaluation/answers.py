"""What a bundle says of the pictures of a split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from loupe_shared.bundle import Bundle
from loupe_shared.errors import InvalidBundle
from loupe_shared.preprocess import Pixels
from loupe_shared.result import Precision
from loupe_training.datasets.errors import InvalidDataset, naming
from loupe_training.datasets.snapshot import Sample

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

OUTPUTS = ["probabilities", "embedding", "activation_map"]
BATCH_SIZE = 16


@dataclass(frozen=True)
class Answers:
    """A bundle's answers to N pictures.

    Attributes:
        labels: in the order of the columns.
        probabilities: ``float32[N, labels]``.
        targets: the true label of each picture, as its number, ``int64[N]``.
        samples: the pictures.
    """

    labels: tuple[str, ...]
    probabilities: Floats
    targets: Integers
    samples: tuple[Sample, ...]

    @property
    def predicted(self) -> Integers:
        """The number of the most probable label of each picture, ``int64[N]``."""
        predicted: Integers = self.probabilities.argmax(axis=1)
        return predicted

    def ordered(self, labels: tuple[str, ...]) -> "Answers":
        """The same with other numbers for the labels, which must be among these."""
        order = [self.labels.index(label) for label in labels]
        return Answers(labels, self.probabilities[:, order], numbers_of(self.samples, labels), self.samples)


@dataclass(frozen=True)
class Outputs:
    """All that a graph gives: see ``loupe_shared.bundle.Manifest``."""

    probabilities: Floats
    embedding: Floats
    activation_map: Floats


class Graph:
    """The graph of a bundle.

    Raises:
        InvalidBundle: it cannot be loaded, or it is not what the manifest says.
    """

    def __init__(self, bundle: Bundle, precision: Precision = Precision.FP32) -> None:
        self._manifest = bundle.manifest
        self._path = bundle.model_path(precision)
        try:
            self._session = onnxruntime.InferenceSession(str(self._path), providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise InvalidBundle(f"{self._path} cannot be loaded: {str(error).splitlines()[0]}") from error
        size = self._manifest.preprocessing.size
        self.run(np.zeros((2, size, size, 3), np.uint8))

    def run(self, pixels: Pixels, progress: Callable[[int], None] = lambda _: None) -> Outputs:
        """Infer ``uint8[N, size, size, 3]``: same length, same order."""
        parts: list[Any] = []
        for start in range(0, len(pixels), BATCH_SIZE):
            part = np.ascontiguousarray(pixels[start : start + BATCH_SIZE])
            try:
                parts.append(self._session.run(OUTPUTS, {"images": part}))
            except Exception as error:
                message = str(error).splitlines()[0]
                raise InvalidBundle(f"{self._path} does not take images, or does not answer: {message}") from error
            progress(len(part))
        outputs = Outputs(*(np.concatenate(output) for output in zip(*parts, strict=True)))
        labels, values = len(self._manifest.labels), self._manifest.embedding_size
        if outputs.probabilities.shape[1:] != (labels,) or outputs.embedding.shape[1:] != (values,):
            raise InvalidBundle(
                f"{self._path} gives {outputs.probabilities.shape[1:]} probabilities and {outputs.embedding.shape[1:]} "
                f"values of an embedding, and the manifest says ({labels},) and ({values},): export it again"
            )
        return outputs


def load_bundle(folder: Path) -> tuple[Bundle, Graph]:
    """A bundle with its graph.

    Raises:
        InvalidBundle: a file is missing or altered, or the graph is not what the manifest says.
    """
    bundle = Bundle.load(folder)
    return bundle, Graph(bundle)


def numbers_of(samples: Sequence[Sample], labels: Sequence[str]) -> Integers:
    """The number of each sample's label, ``int64[N]``.

    Raises:
        InvalidDataset: a label is not among them.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    if unknown := sorted({sample.label for sample in samples} - set(numbers)):
        raise InvalidDataset(naming("pictures have labels that the model does not have", unknown))
    return np.array([numbers[sample.label] for sample in samples], np.int64)
