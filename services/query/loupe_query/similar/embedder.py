"""From a picture to its embedding, to search by a picture that is not in the archive."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loupe_shared.bundle import MANIFEST_FILE, Bundle
from loupe_shared.embedding import quantize
from loupe_shared.errors import InvalidBundle, TransientError
from loupe_shared.preprocess import Preprocessing, decode_into
from loupe_shared.result import Embedding

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CONCURRENT = 2
PATIENCE_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Model:
    manifest: bytes
    space: str
    rule: Preprocessing
    session: "InferenceSession"


class Embedder:
    """Runs the model whose embeddings the archive has, on the CPU. Safe for use from several threads.

    The model is loaded when the first picture comes, and another one when another bundle is in the folder. It is the
    fp32 graph whatever the workers use, because an embedding in int8 has the same direction (cosines from 0.995 on).

    Args:
        folder: of the model bundle.
        max_pixels: largest picture that is decoded.
    """

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        self._model: _Model | None = None
        self._loading = threading.Lock()
        self._places = threading.BoundedSemaphore(CONCURRENT)

    def embed(self, picture: bytes) -> tuple[str, Embedding]:
        """Space and embedding of a picture.

        Raises:
            ImageRejected: it cannot be decoded.
            InvalidBundle: there is no model that can be loaded.
            TransientError: too many pictures came at once.
        """
        if not self._places.acquire(timeout=PATIENCE_S):
            raise TransientError("too many pictures are searched by at once")
        try:
            model = self._current()
            pixels = np.empty((1, model.rule.size, model.rule.size, 3), np.uint8)
            decode_into(pixels[0], picture, model.rule, self._max_pixels)
            (embeddings,) = model.session.run(["embedding"], {"images": pixels})
        finally:
            self._places.release()
        return model.space, quantize(embeddings)[0]

    def _current(self) -> _Model:
        with self._loading:
            try:
                manifest = (self._folder / MANIFEST_FILE).read_bytes()
            except OSError:
                manifest = b""  # loading says what is wrong
            if self._model is None:
                self._model = _load(self._folder, manifest)
            elif manifest != self._model.manifest:
                try:
                    self._model = _load(self._folder, manifest)
                except InvalidBundle as error:  # it is being copied, perhaps
                    log.warning("the bundle that appeared is not used: %s", error)
            return self._model


def _load(folder: Path, manifest: bytes) -> _Model:
    # It takes tens of megabytes, which a process that is never given a picture need not pay.
    import onnxruntime  # noqa: PLC0415

    onnxruntime.disable_telemetry_events()
    bundle = Bundle.load(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(bundle.model_path()), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise InvalidBundle(f"{bundle.model_path()} cannot be loaded: {str(error).splitlines()[0]}") from error
    return _Model(manifest, bundle.manifest.model_version().embedding_space, bundle.manifest.preprocessing, session)
