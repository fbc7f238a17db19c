"""The registry of models in Azure Blob Storage."""

from collections.abc import Iterator
from typing import BinaryIO

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.storage.blob import BlobServiceClient

from loupe_shared.adapters.blob_service import answering
from loupe_shared.adapters.stored_registry import Document, StoredRegistry


class BlobRegistry(StoredRegistry):
    """``Registry`` and ``Intake`` over a container.

    Args:
        service: reaches it. It is not closed here.
        container: of models. It must exist.
    """

    def __init__(self, service: BlobServiceClient, container: str) -> None:
        super().__init__()
        self._container = service.get_container_client(container)

    def _names(self, prefix: str) -> list[str]:
        with answering(f"the container {self._container.container_name}"):
            return list(self._container.list_blob_names(name_starts_with=prefix))

    def _read(self, path: str) -> Document:
        with answering(self._described(path)):
            download = self._container.download_blob(path)
            return Document(download.readall(), download.properties.etag)

    def _chunks(self, path: str) -> Iterator[bytes]:
        with answering(self._described(path)):
            yield from self._container.download_blob(path).chunks()

    def _create(self, path: str, content: bytes | BinaryIO) -> bool:
        with answering(self._described(path)):
            try:
                self._container.upload_blob(path, content)
            except (ResourceExistsError, ResourceModifiedError):
                return False
            return True

    def _replace(self, path: str, content: bytes, etag: str) -> bool:
        unchanged = MatchConditions.IfNotModified
        with answering(self._described(path)):
            try:
                self._container.upload_blob(path, content, overwrite=True, etag=etag, match_condition=unchanged)
            except ResourceModifiedError:
                return False
            return True

    def _described(self, path: str) -> str:
        return f"{self._container.container_name}/{path}"
