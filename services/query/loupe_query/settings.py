"""Settings of the query API."""

from pathlib import Path

from pydantic import Field

from loupe_query.access.settings import AccessSettings
from loupe_query.pictures.settings import PictureSettings
from loupe_shared.settings import OutputSettings, QueueSettings, RegistrySettings, ShadowSettings


class QuerySettings(ShadowSettings, QueueSettings, PictureSettings, OutputSettings, RegistrySettings, AccessSettings):
    """Settings of the query API."""

    model_bundle: Path | None = Field(
        default=None,
        description="Folder of the model bundle: model.onnx and manifest.json. "
        "Unset, nobody can search with a picture that is not in the archive.",
    )
    frontend: Path | None = Field(
        default=None, description="Folder of the built front end, which is served beside the API. Unset, none is."
    )
    queue_endpoint: str | None = Field(
        default=None,
        description="URL of the Queue service. With it, poison events are among the dead letters; "
        "the service's identity must be Storage Queue Data Contributor of both queues. Unset, they are not shown.",
    )
    event_queue: str = Field(
        default="blob-events",
        description="Storage queue to which Event Grid delivers. What cannot be understood goes to NAME-poison.",
    )
    dead_letter_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which a dead letter is forgotten, as soon as somebody looks at dead letters. "
        "Unset, they are kept for ever.",
    )
