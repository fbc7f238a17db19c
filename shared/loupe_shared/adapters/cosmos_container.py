"""A container in Cosmos DB: how it is opened, and how it is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from azure.core.exceptions import AzureError
from azure.core.paging import ItemPaged
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from azure.identity import DefaultAzureCredential

from loupe_shared.adapters.cosmos_documents import Document
from loupe_shared.adapters.cosmos_queries import Query
from loupe_shared.adapters.cosmos_requests import (
    NOT_THERE_YET,
    OWNER_IS_MISSING,
    Attempts,
    Conflict,
    Unanswered,
    connect,
)
from loupe_shared.adapters.governor import Governor, Throttled
from loupe_shared.errors import ConfigurationError
from loupe_shared.settings import StoreSettings

READ_PATIENCE_S = 5.0  # a person waits
WRITE_PATIENCE_S = 30.0
PAGE = 1000  # documents in an answer, if they are not too large; otherwise the service sends a hundred

T = TypeVar("T")


def open_container(settings: StoreSettings, name: str) -> ContainerProxy:
    """A container of the configured database.

    Raises:
        ConfigurationError: the account does not answer, or has no such database or container.
    """
    key = settings.cosmos_key
    try:
        client = connect(str(settings.cosmos_endpoint), key.get_secret_value() if key else DefaultAzureCredential())
        database = client.get_database_client(settings.cosmos_database)
        container: ContainerProxy = database.get_container_client(name)
        container.read()
    except (AzureError, ValueError) as error:
        raise ConfigurationError(
            f"LOUPE_COSMOS_ENDPOINT: container {settings.cosmos_database}/{name} "
            f"cannot be opened: {str(error).splitlines()[0]}"
        ) from error
    return container


class CosmosContainer:
    """A container whose requests have their turns. Safe for use from several threads.

    Args:
        container: as the SDK knows it.
        governor: gives all requests their turns.
    """

    def __init__(self, container: ContainerProxy, governor: Governor) -> None:
        self.container = container
        self._governor = governor

    def now(self) -> float:
        """The time by which deadlines are told."""
        return self._governor.clock.now()

    def attempts(self, deadline: float) -> Attempts:
        """For one thing that is to be done."""
        return Attempts(self._governor, deadline)

    def until_answered(self, request: Callable[[], T], deadline: float | None = None) -> T:
        """Make a request that may be made any number of times.

        Raises:
            StoreUnavailable: there is none.
        """
        attempts = self.attempts(self.now() + READ_PATIENCE_S if deadline is None else deadline)
        while True:
            with suppress(Conflict, Throttled, Unanswered):
                return attempts.make(request)

    def document(self, partition: str, id_: str, deadline: float | None = None) -> Document | None:
        """One document, if it is there."""

        def read() -> Document | None:
            try:
                return self.container.read_item(id_, partition)
            except CosmosResourceNotFoundError as error:
                if error.sub_status in (NOT_THERE_YET, OWNER_IS_MISSING):
                    raise
                return None

        return self.until_answered(read, deadline)

    def query(self, query: Query, partition: str | None = None, deadline: float | None = None) -> list[Document]:
        """What a query finds, in one partition or in all."""
        if partition is None:
            return self.until_answered(lambda: list(self.items(query, enable_cross_partition_query=True)), deadline)
        return [document for page in self.pages(query, partition, deadline) for document in page]

    def pages(
        self, query: Query, partition: str, deadline: float | None = None, size: int | None = None
    ) -> Iterator[Sequence[Document]]:
        """What a query finds in one partition, as it comes: no more is asked for than is taken.

        After a failure it goes on with the same page, which the SDK does not promise for several partitions.
        """
        pages = self.items(query, size, partition_key=partition).by_page()
        while page := self.until_answered(lambda: list(next(pages, ())), deadline):
            yield page

    def items(self, query: Query, size: int | None = None, **where: Any) -> ItemPaged[Document]:  # noqa: ANN401
        """What a query finds, as the SDK gives it: part of one request."""
        text, parameters = query
        return self.container.query_items(text, parameters=parameters, max_item_count=size or PAGE, **where)
