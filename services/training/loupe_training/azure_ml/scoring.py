"""A bundle's answers to files, as rows with the columns of Loupe's own files.

Pictures are decoded by the package that workers and training decode with, and the graph does the rest.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from loupe_shared.bundle import MANIFEST_FILE, Bundle
from loupe_shared.domain import Outcome, Reason, now
from loupe_shared.errors import ConfigurationError, ImageRejected, InvalidBundle
from loupe_shared.preprocess import Pixels, decode_into
from loupe_shared.result import ImageProperties, Precision, Prediction, uncertainty_of
from loupe_shared.rows.columns import COLUMNS

log = logging.getLogger(__name__)

# So many pictures are in memory at once, however large the mini-batches are.
AT_ONCE = 16
BEST = 2  # labels that a row needs: the second for the uncertainty

MODEL_FOLDER = "AZUREML_MODEL_DIR"
PRECISION = "LOUPE_PRECISION"
MAX_BYTES = "LOUPE_MAX_IMAGE_BYTES"
MAX_PIXELS = "LOUPE_MAX_IMAGE_PIXELS"


class Scorer:
    """A loaded model.

    Args:
        bundle: the model.
        precision: which of its graphs.
        max_bytes: of the largest file that is read.
        max_pixels: of the largest picture that is decoded.

    Raises:
        ConfigurationError: the bundle has no graph of this precision.
        InvalidBundle: the graph cannot be loaded.
    """

    def __init__(self, bundle: Bundle, precision: Precision, max_bytes: int, max_pixels: int) -> None:
        self._rule = bundle.manifest.preprocessing
        self._labels = bundle.manifest.labels
        self._model = {"model": str(bundle.manifest.model_version()), "model_precision": precision}
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._decoders = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="decode")
        onnxruntime.disable_telemetry_events()
        path = bundle.model_path(precision)
        try:
            self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise InvalidBundle(f"{path} cannot be loaded: {str(error).splitlines()[0]}") from error

    def score(self, paths: Sequence[str]) -> list[str]:
        """A JSON object for each file that can be classified, in the same order; others are logged with the reason.

        Raises:
            OSError: a file could not be read.
        """
        return [row for start in range(0, len(paths), AT_ONCE) for row in self._score(paths[start : start + AT_ONCE])]

    def _score(self, paths: Sequence[str]) -> list[str]:
        pixels: Pixels = np.empty((len(paths), self._rule.size, self._rule.size, 3), np.uint8)
        found = list(self._decoders.map(self._decode, paths, pixels))
        good = [place for place, properties in enumerate(found) if properties is not None]
        if not good:
            return []
        (probabilities,) = self._session.run(["probabilities"], {"images": pixels[good]})
        # Same length, same order: the contract of the graph.
        answered = zip(good, probabilities.tolist(), strict=True)
        return [json.dumps(self._row(paths[place], found[place], scores)) for place, scores in answered]

    def _decode(self, path: str, pixels: Pixels) -> ImageProperties | None:
        """Fill the pixels of one file."""
        try:
            return decode_into(pixels, self._read(path), self._rule, self._max_pixels)
        except ImageRejected as error:
            log.warning("%s is not classified: %s: %s", path, error.reason, error.detail)
            return None

    def _read(self, path: str) -> bytes:
        length = Path(path).stat().st_size
        if length > self._max_bytes:
            raise ImageRejected(Reason.TOO_LARGE, f"{length} bytes exceed the limit of {self._max_bytes}")
        return Path(path).read_bytes()

    def _row(self, path: str, properties: ImageProperties | None, scores: list[float]) -> dict[str, Any]:
        """``COLUMNS``; empty is what only the archive knows."""
        if properties is None:
            raise AssertionError
        best = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:BEST]
        # The sum of float32 exponentials can exceed 1 in the last digit.
        predictions = [Prediction(label=self._labels[place], score=min(scores[place], 1.0)) for place in best]
        return dict.fromkeys(COLUMNS) | {
            "blob": path,
            "content_length": properties.size_bytes,
            "outcome": Outcome.CLASSIFIED,
            "label": predictions[0].label,
            "score": predictions[0].score,
            "uncertainty": uncertainty_of(predictions),
            "completed_at": now().isoformat(),
            "format": properties.format,
            "width": properties.width,
            "height": properties.height,
            **self._model,
        }


def scorer_of(environment: Mapping[str, str]) -> Scorer:
    """The model that environment variables name, run as they say.

    Raises:
        ConfigurationError: one of them is missing or wrong.
        InvalidBundle: see ``Bundle.load`` and ``Scorer``.
    """
    given = environment.get(PRECISION, Precision.FP32)
    if given not in list(Precision):
        raise ConfigurationError(f"{PRECISION} is {given!r}: write one of {', '.join(Precision)}")
    bundle = Bundle.load(_bundle_folder(environment))
    return Scorer(bundle, Precision(given), _whole(environment, MAX_BYTES), _whole(environment, MAX_PIXELS))


def _bundle_folder(environment: Mapping[str, str]) -> Path:
    """Azure ML gives a folder, in which the registered one lies under its own name."""
    if MODEL_FOLDER not in environment:
        raise ConfigurationError(f"{MODEL_FOLDER} is not set: Azure ML sets it to the folder of the model")
    folder = Path(environment[MODEL_FOLDER])
    manifests = sorted(folder.rglob(MANIFEST_FILE))
    if len(manifests) != 1:
        raise ConfigurationError(
            f"{folder} has {len(manifests)} files {MANIFEST_FILE}, and should have one: register the bundle's folder"
        )
    return manifests[0].parent


def _whole(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{name} is {text!r}: write a whole number above 0")
    return int(text)
