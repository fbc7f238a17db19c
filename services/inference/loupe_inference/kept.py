"""The bytes of the last images, so that versions that look on need not fetch them again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from loupe_shared.domain import ImageRef
from loupe_shared.ports import BlobReader


class Kept:
    """What was read last. Safe for use from several threads.

    Args:
        limit: bytes that are kept at most; the oldest go first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._contents: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def add(self, image: ImageRef, content: bytes) -> None:
        """Keep the bytes of an image."""
        key = image.id, image.etag
        with self._lock:
            self._size += len(content) - len(self._contents.pop(key, b""))
            self._contents[key] = content
            while self._size > self._limit:
                _, oldest = self._contents.popitem(last=False)
                self._size -= len(oldest)

    def find(self, image: ImageRef) -> bytes | None:
        """The bytes of this version of an image, if they are kept."""
        with self._lock:
            return self._contents.get((image.id, image.etag))

    def clear(self) -> None:
        """Keep nothing of what there is."""
        with self._lock:
            self._contents.clear()
            self._size = 0


class KeepingReader:
    """``BlobReader`` that keeps what it reads.

    Args:
        reader: reads.
        kept: where it is kept.
        is_wanted: whether anybody will look for it.
    """

    def __init__(self, reader: BlobReader, kept: Kept, is_wanted: Callable[[], bool]) -> None:
        self._reader = reader
        self._kept = kept
        self._is_wanted = is_wanted

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:
        """See ``BlobReader.read``."""
        reads = self._reader.read(images, max_bytes)
        if self._is_wanted():
            for image, read in zip(images, reads, strict=True):
                read.add_done_callback(partial(self._keep, image))
        else:
            self._kept.clear()
        return reads

    def _keep(self, image: ImageRef, read: Future[bytes]) -> None:
        if not read.cancelled() and not read.exception():
            self._kept.add(image, read.result())


class KeptReader:
    """``BlobReader`` that reads only what is not kept.

    Args:
        reader: reads.
        kept: what another has read.
    """

    def __init__(self, reader: BlobReader, kept: Kept) -> None:
        self._reader = reader
        self._kept = kept

    def read(self, images: Sequence[ImageRef], max_bytes: int) -> list[Future[bytes]]:
        """See ``BlobReader.read``."""
        contents = [self._kept.find(image) for image in images]
        missing = [image for image, content in zip(images, contents, strict=True) if content is None]
        reads = iter(self._reader.read(missing, max_bytes))
        return [next(reads) if content is None else _done(content) for content in contents]


def _done(content: bytes) -> Future[bytes]:
    read: Future[bytes] = Future()
    read.set_result(content)
    return read
