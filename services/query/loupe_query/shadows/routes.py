"""The route to what versions of models say that look on."""

from typing import Annotated

from fastapi import APIRouter, Query

from loupe_query.documents import example
from loupe_query.shadows.examples import REPORT
from loupe_query.shadows.report import report
from loupe_shared.adapters.web import describe
from loupe_shared.api.shadows import ShadowQuery, ShadowReport
from loupe_shared.release.documents import NameOfModel, VersionNumber
from loupe_shared.release.shadows import ShadowStore

DESCRIPTION = """How far it agrees with the versions that answered, label by label, and the images about which they
disagree most surely. Counts are of all images that it was ever shown, each version of a picture once. Single
disagreements are forgotten after some weeks."""


def shadows_router(store: ShadowStore) -> APIRouter:
    """The route over comparisons."""
    router = APIRouter(prefix="/v1/models", tags=["models"], responses=describe(422, 503))

    @router.get(
        "/{name}/shadows/{version}",
        summary="What a version said while it looked on",
        description=DESCRIPTION,
        responses={200: example(REPORT)},
    )
    def compare_version(
        name: NameOfModel, version: VersionNumber, query: Annotated[ShadowQuery, Query()]
    ) -> ShadowReport:
        return report(store, name, version, query.limit)

    return router
