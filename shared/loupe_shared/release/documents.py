"""What the API says of models and is asked to change. The client reads it, so nothing heavy is imported here."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from loupe_shared.card import FileName, Metrics, Provenance, QuantizationGate
from loupe_shared.release.release import Release

MAX_WHY = 500
MAX_SHADOWS = 5

NameOfModel = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100, examples=["efficientnet-lite0"])]
VersionNumber = Annotated[int, Field(ge=1, le=999_999_999)]


class Why(BaseModel):
    """The reason of a change, which is kept with it."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=MAX_WHY, examples=["3 % more cracks are found on line 3"])


class Overruling(Why):
    """A reason, and what is known and wanted all the same."""

    new_labels: bool = Field(
        default=False, description="whether the version is meant to have other labels than the one that serves"
    )
    force: bool = Field(default=False, description="whether to do it whatever speaks against it, which is noted")


class Promotion(Overruling):
    """A version that is to serve."""

    version: VersionNumber


class CanaryWanted(Overruling):
    """A version that is to answer for a part of the images."""

    version: VersionNumber | None = Field(default=None, description="none to end the canary")
    share: float | None = Field(
        default=None, ge=0.0, lt=1.0, description="of the images; 0 or none to end the canary", examples=[0.05]
    )


class ShadowsWanted(Why):
    """Versions that are to answer without being shown."""

    versions: tuple[VersionNumber, ...] = Field(
        max_length=MAX_SHADOWS, description="all of them, in the place of those that do so now", examples=[[4]]
    )


class ModelSummary(BaseModel):
    """A model, its versions, and which of them are released."""

    name: str
    versions: tuple[int, ...] = Field(description="the newest first")
    release: Release | None = Field(default=None, description="none if no version was promoted yet")


class ModelList(BaseModel):
    """All models."""

    models: tuple[ModelSummary, ...]


class Version(BaseModel):
    """A version of a model."""

    version: int
    labels: int = Field(description="how many there are")
    provenance: Provenance
    metrics: Metrics | None = Field(default=None, description="none if they were not measured")
    quantization: QuantizationGate | None = Field(default=None, description="of its int8 graph; none if it has none")
    objections: tuple[str, ...] = Field(description="what speaks against promoting it now")


class ModelInFull(BaseModel):
    """A model with what is known of its versions."""

    name: str
    versions: tuple[Version, ...] = Field(description="the newest first")
    release: Release | None = Field(default=None, description="none if no version was promoted yet")


class FileLink(BaseModel):
    """Where to put a file of a bundle."""

    file: FileName
    url: str


class Registration(BaseModel):
    """How far the registering of a version has come."""

    name: str
    version: int
    is_registered: bool = Field(description="whether it is there; otherwise upload its files, and ask again")
    uploads: tuple[FileLink, ...] = Field(description="for each file that is missing")
    headers: dict[str, str] = Field(description="that every upload must have")
    expires_at: datetime | None = Field(default=None, description="of all of these links; none without links")
