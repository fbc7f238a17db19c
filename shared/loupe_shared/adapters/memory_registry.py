"""A registry of models without a server, for tests."""

import hashlib
import threading
from collections.abc import Iterator
from typing import BinaryIO

from loupe_shared.adapters.stored_registry import Document, StoredRegistry
from loupe_shared.errors import BlobGone


class MemoryRegistry(StoredRegistry):
    """``Registry`` and ``Intake`` of a dictionary, ``blobs``, in which files are by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, bytes] = {}
        self._writing = threading.Lock()

    def _names(self, prefix: str) -> list[str]:
        return [name for name in self.blobs if name.startswith(prefix)]

    def _read(self, path: str) -> Document:
        try:
            content = self.blobs[path]
        except KeyError as error:
            raise BlobGone(f"{path} does not exist") from error
        return Document(content, etag=hashlib.sha256(content).hexdigest())

    def _chunks(self, path: str) -> Iterator[bytes]:
        yield self._read(path).content

    def _create(self, path: str, content: bytes | BinaryIO) -> bool:
        read = content if isinstance(content, bytes) else content.read()
        with self._writing:
            if path in self.blobs:
                return False
            self.blobs[path] = read
            return True

    def _replace(self, path: str, content: bytes, etag: str) -> bool:
        with self._writing:
            if self._read(path).etag != etag:
                return False
            self.blobs[path] = content
            return True
