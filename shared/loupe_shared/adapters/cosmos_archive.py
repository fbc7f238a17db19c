"""The container of the archive in Cosmos DB, and how it is read."""

from collections.abc import Sequence
from contextlib import suppress

from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from loupe_shared.adapters.cosmos_container import CosmosContainer
from loupe_shared.adapters.cosmos_documents import (
    LAYOUT,
    SCHEMA,
    Document,
    bucket_name,
    bucket_of,
    layout_document,
)
from loupe_shared.adapters.cosmos_queries import documents_query, scattered_query
from loupe_shared.adapters.governor import Governor
from loupe_shared.errors import ConfigurationError


class CosmosArchive(CosmosContainer):
    """A container with the layout that is written down in it. Its partitions are the buckets.

    Args:
        container: laid out as ``container_arguments`` says. If it is new, its layout is written down.
        governor: gives all requests their turns.

    Raises:
        ConfigurationError: it was laid out by another version of Loupe.
        StoreUnavailable: Cosmos DB does not answer.
    """

    def __init__(self, container: ContainerProxy, governor: Governor) -> None:
        super().__init__(container, governor)
        layout = self.until_answered(self._layout)
        if layout["schema"] != SCHEMA:
            raise ConfigurationError(
                f"the Cosmos DB container {container.id} was laid out by another version of Loupe: name a new one; "
                "the images must be classified anew"
            )
        self._buckets: int = layout["buckets"]

    def bucket(self, image_id: str) -> str:
        """Where everything of an image lies."""
        return bucket_of(image_id, self._buckets)

    def buckets(self) -> list[str]:
        """All of them."""
        return [bucket_name(number) for number in range(self._buckets)]

    def documents(self, bucket: str, ids: Sequence[str], deadline: float | None = None) -> dict[str, Document]:
        """Those documents of a bucket that are there, by id."""
        if len(ids) == 1:  # is cheaper to read than to search
            document = self.document(bucket, ids[0], deadline)
            return {ids[0]: document} if document else {}
        found = self.query(documents_query(ids), bucket, deadline)
        return {document["id"]: document for document in found}

    def scattered(self, ids: Sequence[str]) -> list[Document]:
        """Those documents of images that are there, of all buckets. Their ids begin with those of the images."""
        if not ids:
            return []
        buckets = {self.bucket(id_) for id_ in ids}
        if len(buckets) == 1:
            return list(self.documents(buckets.pop(), ids).values())
        return self.query(scattered_query(ids, sorted(buckets)))

    def _layout(self) -> Document:
        with suppress(CosmosResourceNotFoundError):
            return self.container.read_item(LAYOUT, LAYOUT)
        with suppress(CosmosResourceExistsError):
            self.container.create_item(layout_document())
        return self.container.read_item(LAYOUT, LAYOUT)
