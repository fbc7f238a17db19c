"""Settings of the results writer."""

from pydantic import Field

from loupe_shared.settings import StoreSettings, WorkerSettings


class ResultsSettings(WorkerSettings, StoreSettings):
    """Settings of the results writer."""

    concurrent_writes: int = Field(
        default=1, ge=1, description="Batches written at once. SQLite has one writer; Cosmos DB gains from several."
    )
