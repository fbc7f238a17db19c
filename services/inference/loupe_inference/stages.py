"""What the images of all jobs pass through on their way to the model."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from loupe_inference.answers import Answers
from loupe_inference.batcher import Scores
from loupe_inference.model import ServedModel
from loupe_inference.passage import Passage
from loupe_shared.ports import BlobReader
from loupe_shared.preprocess import decode_into


@dataclass(frozen=True)
class Limits:
    """What one image may cost."""

    max_bytes: int
    max_pixels: int
    decode_timeout_s: float


class Stages:
    """Storage, known answers and decoders. Safe for use from several threads.

    Attributes:
        decoded_at: when a decoder was last done with an image; ``time.perf_counter``.
    """

    def __init__(self, reader: BlobReader, answers: Answers, limits: Limits, decode_threads: int) -> None:
        self.reader = reader
        self.answers = answers
        self.limits = limits
        self.decoded_at = 0.0
        self._decoders = ThreadPoolExecutor(decode_threads, thread_name_prefix="decode")

    def decode(
        self, passage: Passage, content: bytes, model: ServedModel, report: Callable[[Scores | Exception], None]
    ) -> None:
        """Let an image be decoded and inferred; ``report`` is called from another thread with what comes of it."""
        passage.waits_since = time.perf_counter()
        self._decoders.submit(self._decode, passage, content, model, report)

    def _decode(
        self, passage: Passage, content: bytes, model: ServedModel, report: Callable[[Scores | Exception], None]
    ) -> None:
        batcher = model.batcher
        row = batcher.claim()
        passage.decode_began = time.perf_counter()
        try:
            passage.properties = decode_into(batcher.pixels[row], content, model.rule, self.limits.max_pixels)
        except Exception as error:  # noqa: BLE001  (it is this image's outcome, or the job's failure)
            batcher.release(row)
            report(error)
        else:
            passage.decode_ms = (time.perf_counter() - passage.decode_began) * 1000
            batcher.submit(row, report)
        finally:
            passage.decode_ended = self.decoded_at = time.perf_counter()
