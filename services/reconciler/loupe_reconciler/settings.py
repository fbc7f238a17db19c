"""Settings of the reconciler."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core import from_json
from pydantic_settings import NoDecode

from loupe_shared.settings import DispatchSettings, StorageSettings, StoreSettings, WorkerSettings


class ReconcilerSettings(WorkerSettings, DispatchSettings, StorageSettings, StoreSettings):
    """Settings of the reconciler."""

    sweep_interval_s: float = Field(
        default=3600, gt=0, description="Seconds between the end of a sweep and the beginning of the next."
    )
    sweep_prefixes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("",),
        min_length=1,
        description="Beginnings of names that are swept at the same time, as a JSON list, such as "
        '`["line-1/","line-2/"]`. What has none of them is not swept; by default all is swept as one.',
    )
    sweep_grace_s: float = Field(
        default=600,
        ge=0,
        description="Seconds for which a blob that was written is left to its event. Longer than events usually take.",
    )
    sweep_jobs: int = Field(
        default=8,
        ge=1,
        le=1000,
        description="Most jobs of a sweep that wait in the queue at once, so that live images wait behind no more. "
        "They must keep all inference workers busy for a tenth of a second.",
    )

    @field_validator("sweep_prefixes", mode="before")
    @classmethod
    def _read_list(cls, value: object) -> object:
        """Read here, so that what is wrong with it is told as of any other setting."""
        return from_json(value) if isinstance(value, str) else value
