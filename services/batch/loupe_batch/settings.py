"""Settings of the service that runs batch jobs."""

from pydantic import Field

from loupe_shared.settings import DispatchSettings, OutputSettings, StorageSettings, StoreSettings, WorkerSettings


class BatchSettings(WorkerSettings, DispatchSettings, StorageSettings, StoreSettings, OutputSettings):
    """Settings of the service that runs batch jobs."""

    batch_jobs: int = Field(default=4, ge=1, le=100, description="Batch jobs that run at once; others wait.")
    batch_window: int = Field(
        default=2000,
        ge=1,
        le=100_000,
        description="Most images of a batch job that wait in the queue or are being worked on at once. "
        "Enough to keep all workers busy for some seconds.",
    )
