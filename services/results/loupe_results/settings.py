"""Settings of the results writer."""

from pydantic import Field

from loupe_shared.settings import ShadowSettings, WorkerSettings


class ResultsSettings(WorkerSettings, ShadowSettings):
    """Settings of the results writer."""

    concurrent_batches: int = Field(
        default=32,
        ge=1,
        description="Batches of results in progress at once. Those that wait at the same time are written together, "
        "which costs less than one by one, above all in Cosmos DB.",
    )
