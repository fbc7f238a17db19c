"""The route to drift."""

from typing import Annotated

from fastapi import APIRouter, Query

from loupe_query.documents import example
from loupe_query.drift.examples import REPORT
from loupe_query.drift.look import DriftLook
from loupe_shared.adapters.web import describe
from loupe_shared.api.drift import DriftQuery, DriftReport

DESCRIPTION = """Compares the labels, scores and embeddings that a model gave in some days with those of the validation
split of its training, or of other days of the archive. Labels and scores are of all images, embeddings of up to 1,000.
The answer is remembered for a minute."""


def drift_router(look: DriftLook) -> APIRouter:
    """The route over a look at the archive."""
    router = APIRouter(prefix="/v1", tags=["statistics"], responses=describe(422, 503))

    @router.get(
        "/drift",
        summary="Whether images are still such as the model was trained for",
        description=DESCRIPTION,
        responses={200: example(REPORT)},
    )
    def get_drift(query: Annotated[DriftQuery, Query()]) -> DriftReport:
        return look.report(query)

    return router
