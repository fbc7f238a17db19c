"""From references to a batch of pixels.

Every image is fetched and decoded on its own, straight into its place in the batch. What fails there gets its own
outcome before the batch is formed, so that no image costs its neighbours their predictions.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from loupe_inference.limited import Limited
from loupe_shared.domain import ImageProperties, ImageRef, ModelVersion, Outcome, Reason, Result, Timings, now
from loupe_shared.errors import BlobGone, BlobReplaced, ImageRejected, StorageUnavailable
from loupe_shared.ports import BlobReader
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into


@dataclass(frozen=True)
class Limits:
    """What one image may cost."""

    max_bytes: int
    max_pixels: int
    decode_timeout_s: float


@dataclass(frozen=True)
class Ready:
    """An image whose pixels are in the batch."""

    image: ImageRef
    properties: ImageProperties
    timings: Timings


@dataclass(frozen=True)
class Prepared:
    """What became of some images.

    Attributes:
        ready: the images in the batch, in the order of ``pixels``.
        pixels: ``uint8[len(ready), size, size, 3]``.
        failed: outcomes of images that cannot be classified.
        unread: images that storage did not give, to be tried again.
    """

    ready: tuple[Ready, ...]
    pixels: Pixels
    failed: tuple[Result, ...]
    unread: tuple[ImageRef, ...]


@dataclass(frozen=True)
class _Fetched:
    data: bytes
    queued_ms: float
    fetch_ms: float


_FetchError = StorageUnavailable | BlobGone | BlobReplaced | ImageRejected


class Preparer:
    """Fetches and decodes. Safe for use from several threads."""

    def __init__(
        self,
        reader: BlobReader,
        rule: Preprocessing,
        model: ModelVersion,
        limits: Limits,
        decode_threads: int,
    ) -> None:
        self._reader = reader
        self._rule = rule
        self._model = model
        self._limits = limits
        self._decoders = ThreadPoolExecutor(decode_threads, thread_name_prefix="decode")

    def prepare(self, images: Sequence[ImageRef]) -> Prepared:
        """Fetch and decode images into one batch."""
        size = self._rule.size
        pixels: Pixels = np.empty((len(images), size, size, 3), np.uint8)
        failed: list[Result] = []
        unread: list[ImageRef] = []
        ready: dict[int, Ready] = {}
        decodes: dict[int, Limited[Ready]] = {}
        for place, fetched in self._fetch(images):
            match fetched:
                case _Fetched():
                    decodes[place] = self._start(images[place], fetched, pixels[place])
                case StorageUnavailable():
                    unread.append(images[place])
                case error:
                    failed.append(self._failure(images[place], error))
        for place, decode in decodes.items():
            try:
                ready[place] = decode.result()
            except ImageRejected as error:
                failed.append(self._failure(images[place], error))
            except TimeoutError:
                late = f"decoding took more than {self._limits.decode_timeout_s} s"
                failed.append(self._failure(images[place], ImageRejected(Reason.DECODE_TIMEOUT, late)))
            except CancelledError:
                unread.append(images[place])
        places = list(ready)
        batch = pixels if places == list(range(len(images))) else pixels[places]
        return Prepared(tuple(ready.values()), batch, tuple(failed), tuple(unread))

    def _fetch(self, images: Sequence[ImageRef]) -> Iterator[tuple[int, _Fetched | _FetchError]]:
        """The bytes of each image, or why there are none, with its place; in the order in which they arrive."""
        limit = self._limits.max_bytes
        places = []
        for place, image in enumerate(images):
            if image.content_length is not None and image.content_length > limit:
                detail = f"{image.content_length} bytes exceed the limit of {limit}"
                yield place, ImageRejected(Reason.TOO_LARGE, detail)
            else:
                places.append(place)
        moment, started = now(), time.perf_counter()
        reads = dict(zip(self._reader.read([images[place] for place in places], limit), places, strict=True))
        for read in as_completed(reads):
            place = reads[read]
            try:
                data = read.result()
            except (StorageUnavailable, BlobGone, BlobReplaced, ImageRejected) as error:
                yield place, error
            else:
                queued_ms = max(0.0, (moment - images[place].uploaded_at).total_seconds() * 1000)
                yield place, _Fetched(data, queued_ms, _ms_since(started))

    def _start(self, image: ImageRef, fetched: _Fetched, place: Pixels) -> Limited[Ready]:
        return Limited(self._decoders, lambda: self._decode(image, fetched, place), self._limits.decode_timeout_s)

    def _decode(self, image: ImageRef, fetched: _Fetched, place: Pixels) -> Ready:
        started = time.perf_counter()
        properties = decode_into(place, fetched.data, self._rule, self._limits.max_pixels)
        timings = Timings(queued=fetched.queued_ms, fetch=fetched.fetch_ms, decode=_ms_since(started))
        return Ready(image, properties, timings)

    def _failure(self, image: ImageRef, error: BlobGone | BlobReplaced | ImageRejected) -> Result:
        match error:
            case ImageRejected():
                return Result(
                    image=image,
                    outcome=Outcome.REJECTED,
                    reason=error.reason,
                    detail=error.detail,
                    model=self._model,
                    completed_at=now(),
                )
            case BlobGone():
                return Result(image=image, outcome=Outcome.DELETED, completed_at=now())
            case BlobReplaced():
                return Result(image=image, outcome=Outcome.SUPERSEDED, completed_at=now())


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
