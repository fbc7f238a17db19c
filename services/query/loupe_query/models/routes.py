"""The routes of models."""

from typing import Annotated

from fastapi import APIRouter, params

from loupe_query.access.callers import Caller
from loupe_query.documents import example
from loupe_query.models.errors import ModelUnknown, NoRegistry, ReleaseConflict, VersionRefused
from loupe_query.models.examples import CANARY, MODEL, MODELS, PROMOTED, REGISTRATION, ROLLED_BACK, SHADOWED
from loupe_query.models.registering import Registering
from loupe_query.models.releases import Releases
from loupe_query.pictures.routes import UPLOAD_HEADERS
from loupe_query.refusals import refusing
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.bundle import Manifest
from loupe_shared.errors import PermanentError
from loupe_shared.release.documents import (
    CanaryWanted,
    FileLink,
    ModelInFull,
    ModelList,
    ModelSummary,
    NameOfModel,
    Promotion,
    Registration,
    ShadowsWanted,
    Version,
    Why,
)
from loupe_shared.release.ports import ReleaseChanged, VersionExists
from loupe_shared.release.release import Release

PATH = "/v1/models"

REGISTER = """Send the manifest of a bundle. The answer has a link for each file that is not there yet: send it there
with `PUT` and the `headers` of the answer, then send the manifest again. When all files are there, and are what the
manifest says, the version is registered. Nothing is ever written over: 409 if the version, or a file of it, is there
with other content. To register the same again changes nothing."""

PROMOTE = """Lets a version answer for all images, within seconds and without a restart. 409 with the reasons if
something speaks against it: other preprocessing than this version of Loupe has, other labels than the version that
serves (unless `new_labels`), worse accuracy or latency where both were measured alike, or an int8 graph that has lost
too much. `force` overrules all that, and the change says so. Promoting what serves already changes nothing."""

_STATUSES: dict[type[PermanentError], int] = {
    ModelUnknown: 404,
    ReleaseConflict: 409,
    ReleaseChanged: 409,
    VersionRefused: 409,
    VersionExists: 409,
    NoRegistry: 501,
}
_IN_THE_WAY = "Something speaks against it, or somebody else has just changed it"
_CONFLICT: dict[int | str, dict[str, object]] = {409: describe(409)[409] | {"description": _IN_THE_WAY}}
_CHANGING = {**describe(404), **_CONFLICT, **describe_body()}


def models_router(
    releases: Releases, registering: Registering, reader: params.Security, operator: params.Security
) -> APIRouter:
    """The routes over a registry.

    Args:
        releases: of its models.
        registering: takes further versions.
        reader: the dependency that lets callers look at models.
        operator: the dependency that lets callers change releases, and gives who they are.
    """
    router = APIRouter(prefix=PATH, tags=["models"], responses=describe(422, 501, 503))

    @router.get("", summary="List models", responses={200: example(MODELS)}, dependencies=[reader])
    def list_models() -> ModelList:
        with refusing(_STATUSES):
            found = releases.every()
        return ModelList(
            models=tuple(
                ModelSummary(name=name, versions=tuple(one.version for one in manifests), release=release)
                for name, manifests, release in found
            )
        )

    @router.post(
        "",
        summary="Register a version of a model",
        description=REGISTER,
        responses={200: example(REGISTRATION), **_CONFLICT, **describe_body()},
        dependencies=[operator],
    )
    def register_version(manifest: Manifest) -> Registration:
        with refusing(_STATUSES):
            links = registering.advance(manifest)
        return Registration(
            name=manifest.name,
            version=manifest.version,
            is_registered=not links,
            uploads=tuple(FileLink(file=file, url=link.url) for file, link in links.items()),
            headers=UPLOAD_HEADERS,
            expires_at=min((link.expires_at for link in links.values()), default=None),
        )

    @router.get(
        "/{name}",
        summary="One model",
        description="With its versions, what was measured of them, and what was changed of its release.",
        responses={200: example(MODEL), **describe(404)},
        dependencies=[reader],
    )
    def get_model(name: NameOfModel) -> ModelInFull:
        with refusing(_STATUSES):
            manifests, release = releases.look(name)
            versions = [_shown(one, releases.objections(one, manifests, release)) for one in manifests]
        return ModelInFull(name=name, versions=tuple(versions), release=release)

    @router.post(
        "/{name}/promote",
        summary="Let a version serve",
        description=PROMOTE,
        responses={200: example(PROMOTED), **_CHANGING},
    )
    def promote_version(name: NameOfModel, wanted: Promotion, caller: Annotated[Caller, operator]) -> Release:
        with refusing(_STATUSES):
            return releases.promote(name, wanted, caller.name)

    @router.post(
        "/{name}/canary",
        summary="Try a version on a part of the images",
        description="It answers for this share of them, always the same ones, in place of the version that serves. 409 "
        "as for promoting. A share of 0, or none, ends it.",
        responses={200: example(CANARY), **_CHANGING},
    )
    def try_version(name: NameOfModel, wanted: CanaryWanted, caller: Annotated[Caller, operator]) -> Release:
        with refusing(_STATUSES):
            return releases.canary(name, wanted, caller.name)

    @router.post(
        "/{name}/shadow",
        summary="Let versions look on",
        description="They answer, too, but what they say is only compared. 409 if one answers otherwise already, or "
        "was made for other preprocessing. No versions end it.",
        responses={200: example(SHADOWED), **_CHANGING},
    )
    def shadow_versions(name: NameOfModel, wanted: ShadowsWanted, caller: Annotated[Caller, operator]) -> Release:
        with refusing(_STATUSES):
            return releases.shadow(name, wanted, caller.name)

    @router.post(
        "/{name}/rollback",
        summary="Go back to the version before",
        description="Within seconds, and whatever the gates say. It also ends a canary. Once: 409 until a version "
        "was promoted again.",
        responses={200: example(ROLLED_BACK), **_CHANGING},
    )
    def roll_back(name: NameOfModel, wanted: Why, caller: Annotated[Caller, operator]) -> Release:
        with refusing(_STATUSES):
            return releases.roll_back(name, wanted.why, caller.name)

    return router


def _shown(manifest: Manifest, objections: tuple[str, ...]) -> Version:
    return Version(
        version=manifest.version,
        labels=len(manifest.labels),
        provenance=manifest.provenance,
        metrics=manifest.metrics,
        quantization=manifest.quantization,
        objections=objections,
    )
