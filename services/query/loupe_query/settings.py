"""Settings of the query API."""

from pathlib import Path

from pydantic import Field

from loupe_query.access.settings import AccessSettings
from loupe_query.pictures.settings import PictureSettings
from loupe_shared.settings import BrokerSettings, StoreSettings


class QuerySettings(StoreSettings, BrokerSettings, PictureSettings, AccessSettings):
    """Settings of the query API."""

    model_bundle: Path | None = Field(
        default=None,
        description="Folder of the model bundle: model.onnx and manifest.json. "
        "Unset, nobody can search with a picture that is not in the archive.",
    )
    frontend: Path | None = Field(
        default=None, description="Folder of the built front end, which is served beside the API. Unset, none is."
    )
