"""The container of the archive in Cosmos DB, and how it is read."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from azure.core.paging import ItemPaged
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from loupe_shared.adapters.cosmos_documents import (
    LAYOUT,
    SCHEMA,
    Document,
    bucket_name,
    bucket_of,
    layout_document,
)
from loupe_shared.adapters.cosmos_queries import Query, documents_query, scattered_query
from loupe_shared.adapters.cosmos_requests import (
    NOT_THERE_YET,
    OWNER_IS_MISSING,
    Attempts,
    Conflict,
    Unanswered,
)
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.errors import ConfigurationError

READ_PATIENCE_S = 5.0  # a person waits
PAGE = 1000  # documents in an answer, if they are not too large; otherwise the service sends a hundred

T = TypeVar("T")


class CosmosArchive:
    """A container with the layout that is written down in it. Safe for use from several threads.

    Args:
        container: laid out as ``container_arguments`` says. If it is new, its layout is written down.
        governor: gives all requests their turns.

    Raises:
        ConfigurationError: it was laid out by another version of Loupe.
        StoreUnavailable: Cosmos DB does not answer.
    """

    def __init__(self, container: ContainerProxy, governor: Governor) -> None:
        self.container = container
        self._governor = governor
        layout = self.read(self._layout)
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

    def now(self) -> float:
        """The time by which deadlines are told."""
        return self._governor.clock.now()

    def attempts(self, deadline: float) -> Attempts:
        """For one thing that is to be done."""
        return Attempts(self._governor, deadline)

    def read(self, request: Callable[[], T], deadline: float | None = None) -> T:
        """Make a request that changes nothing until there is an answer.

        Raises:
            StoreUnavailable: there is none.
        """
        attempts = self.attempts(self.now() + READ_PATIENCE_S if deadline is None else deadline)
        while True:
            with suppress(Conflict, Throttled, Unanswered):
                return attempts.make(request)

    def document(self, bucket: str, id_: str, deadline: float | None = None) -> Document | None:
        """One document, if it is there."""

        def read() -> Document | None:
            try:
                return self.container.read_item(id_, bucket)
            except CosmosResourceNotFoundError as error:
                if error.sub_status in (NOT_THERE_YET, OWNER_IS_MISSING):
                    raise
                return None

        return self.read(read, deadline)

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

    def query(self, query: Query, bucket: str | None = None, deadline: float | None = None) -> list[Document]:
        """What a query finds, in one bucket or in all."""

        def items(**where: Any) -> ItemPaged[Document]:  # noqa: ANN401
            text, parameters = query
            return self.container.query_items(text, parameters=parameters, max_item_count=PAGE, **where)

        if bucket is None:
            return self.read(lambda: list(items(enable_cross_partition_query=True)), deadline)
        # After a failure it goes on with the same page, which the SDK does not promise for several partitions.
        pages = items(partition_key=bucket).by_page()
        found: list[Document] = []
        while page := self.read(lambda: list(next(pages, ())), deadline):
            found += page
        return found

    def _layout(self) -> Document:
        with suppress(CosmosResourceNotFoundError):
            return self.container.read_item(LAYOUT, LAYOUT)
        with suppress(CosmosResourceExistsError):
            self.container.create_item(layout_document())
        return self.container.read_item(LAYOUT, LAYOUT)
