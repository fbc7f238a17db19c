"""Settings of ingestion."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from loupe_shared.settings import DispatchSettings, HttpSettings, StorageSettings, is_loopback


class IngestionSettings(DispatchSettings, StorageSettings, HttpSettings):
    """Settings of ingestion."""

    queue_endpoint: str = Field(description="URL of the Queue service, such as https://ACCOUNT.queue.core.windows.net.")
    event_queue: str = Field(
        default="blob-events",
        description="Storage queue to which Event Grid delivers. What cannot be understood goes to NAME-poison.",
    )
    poll_interval_s: float = Field(
        default=0.1,
        gt=0,
        description="Seconds to wait before looking into the queue again, unless it gave a full page of events.",
    )
    event_timeout_s: int = Field(
        default=60, ge=1, description="Seconds after which events that were taken but not acknowledged come back."
    )
    max_deliveries: int = Field(
        default=10, ge=1, description="Deliveries of one message without success, after which it is poison."
    )
    duplicate_window_s: int = Field(
        default=3600, ge=1, description="Seconds for which an event is remembered, so that its duplicates are dropped."
    )
    webhook_token: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Secret that Event Grid's endpoint URL must carry as ?token=. "
        "Needed unless the host is a loopback address.",
    )

    @model_validator(mode="after")
    def _webhook_is_guarded(self) -> Self:
        if self.webhook_token is None and not is_loopback(self.host):
            raise ValueError("LOUPE_WEBHOOK_TOKEN must be set when LOUPE_HOST is not a loopback address")
        return self
