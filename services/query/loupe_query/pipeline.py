"""The pipeline's route: what is on its way, and who works on it."""

from fastapi import APIRouter

from loupe_query.documents import example
from loupe_query.examples import PIPELINE
from loupe_shared.adapters.web import describe
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.pipeline import FORGOTTEN_AFTER_S, REPORT_INTERVAL_S
from loupe_shared.ports import Queues, Workers

DESCRIPTION = f"""Queues are counted in jobs, of up to 32 images each unless ingestion is set up otherwise. What is
`outstanding`, and what workers have done, are images. For a moment a job can be between waiting and running, and is
counted as neither; its images are outstanding.

Workers report every {REPORT_INTERVAL_S:.0f} seconds. One that ends is not shown any more, and one that died not after
{FORGOTTEN_AFTER_S:.0f} seconds."""


def pipeline_router(queues: Queues, workers: Workers) -> APIRouter:
    """The route over queues and workers."""
    router = APIRouter(prefix="/v1", tags=["pipeline"], responses=describe(503))

    @router.get("/pipeline", summary="What is on its way", description=DESCRIPTION, responses={200: example(PIPELINE)})
    def get_pipeline() -> Pipeline:
        backlog = queues.backlog()
        return Pipeline(outstanding=backlog.outstanding, queues=backlog.queues, workers=tuple(workers.all()))

    return router
