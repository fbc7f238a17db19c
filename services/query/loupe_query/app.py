"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI

from loupe_query.access.guard import Access
from loupe_query.access.sign_in import sign_in_router
from loupe_query.archive import archive_router
from loupe_query.drift.look import DriftLook
from loupe_query.drift.references import References
from loupe_query.drift.routes import drift_router
from loupe_query.export import export_router
from loupe_query.frontend import Frontend
from loupe_query.jobs.desk import Desk
from loupe_query.jobs.ports import Outputs
from loupe_query.jobs.routes import MAX_BODY_BYTES, PATH, jobs_router
from loupe_query.live import live_router
from loupe_query.models.registering import Place, Registering
from loupe_query.models.releases import Releases
from loupe_query.models.routes import models_router
from loupe_query.operate.jobs import Jobs
from loupe_query.operate.letter_routes import letters_router
from loupe_query.operate.office import Office
from loupe_query.operate.reclassify import Reclassification
from loupe_query.operate.reclassify_routes import reclassify_router
from loupe_query.pictures.ports import Links, Thumbnails
from loupe_query.pictures.routes import pictures_router, uploads_router
from loupe_query.pipeline import pipeline_router
from loupe_query.point_read import add_point_read
from loupe_query.review.ports import Claims
from loupe_query.review.queue import Queue
from loupe_query.review.queue_routes import review_queue_router
from loupe_query.review.routes import reviews_router
from loupe_query.shadows.routes import shadows_router
from loupe_query.similar.embedder import Embedder
from loupe_query.similar.routes import similar_router
from loupe_query.statistics import statistics_router
from loupe_shared.adapters.web import Ending, describe, health_router, install_problems
from loupe_shared.api.access import Scope
from loupe_shared.batch.ports import JobStore
from loupe_shared.ports import Announcer, Changes, Queues, ResultStore, SimilarImages, Workers
from loupe_shared.release.agreement import agreement_gate
from loupe_shared.release.gates import GATES
from loupe_shared.release.ports import Registry
from loupe_shared.release.shadows import ShadowStore

DESCRIPTION = """Every image that was uploaded, what was found on it, and why.

Follow `next` of a list to go on: pages neither skip nor repeat a result while images arrive. Errors are
`application/problem+json` (RFC 9457). Callers need an API key or an access token of Entra ID with the scope `read`, for
uploads and reviews also `review`, for dead letters, for classifying again, for changing batch jobs and for releasing
models `operate`; on a machine of one's own, nothing."""


@dataclass(frozen=True)
class Archive:
    """What the application is made over.

    Attributes:
        account: storage account of the images.
        images: container of the images.
        office: looks after dead letters.
        jobs: publishes what is to be done again.
        batch_jobs: where batch jobs are kept.
        outputs: the files that they have written; unset if they can write none.
        registry: of models; unset if the service is not told where it is.
        intake: of that registry, and its container.
        shadows: what versions of models said that look on.
        references: what models were trained for.
        embedder: looks at uploaded pictures; unset if there is no model for it.
        max_picture_bytes: of a picture that is looked at.
    """

    account: str
    images: str
    store: ResultStore
    changes: Changes
    announcer: Announcer
    queues: Queues
    workers: Workers
    similar: SimilarImages
    claims: Claims
    office: Office
    jobs: Jobs
    batch_jobs: JobStore
    outputs: Outputs | None
    registry: Registry | None
    intake: Place | None
    shadows: ShadowStore
    references: References
    embedder: Embedder | None
    links: Links
    thumbnails: Thumbnails
    max_picture_bytes: int


def create_app(archive: Archive, access: Access, ending: Ending, frontend: Frontend | None = None) -> FastAPI:
    """The application over an archive, with pages beside the API if there are any."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await archive.changes.close()

    app = FastAPI(
        title="Loupe", version=version("loupe-query"), description=DESCRIPTION, redoc_url=None, lifespan=lifespan
    )
    install_problems(app)
    access.install(app, {"/v1/similar": archive.max_picture_bytes, PATH: MAX_BODY_BYTES})
    store, account = archive.store, archive.account
    reader, reviewer, operator = map(access.require, (Scope.READ, Scope.REVIEW, Scope.OPERATE))
    add_point_read(app, store, account, reader)  # the first, because requests are matched with one route after another
    reading = [
        archive_router(store, account),
        statistics_router(store),
        pictures_router(archive.links, archive.thumbnails, archive.images),
        similar_router(store, archive.similar, archive.embedder, account),
        live_router(archive.changes, ending),
        export_router(store),
        pipeline_router(archive.queues, archive.workers),
        shadows_router(archive.shadows),
        drift_router(DriftLook(store, archive.references)),
    ]
    refusals = describe(401, 403, 429)
    for router in reading:
        app.include_router(router, dependencies=[reader], responses=refusals)
    app.include_router(reviews_router(store, archive.announcer, account, reviewer), responses=refusals)
    queue = Queue(store, archive.claims, account)
    app.include_router(review_queue_router(queue, reviewer), responses=refusals)
    app.include_router(uploads_router(archive.links, archive.images), dependencies=[reviewer], responses=refusals)
    desk = Desk(archive.batch_jobs, archive.workers, archive.outputs, archive.announcer)
    app.include_router(jobs_router(desk, reader, operator), responses=refusals)
    releases, registering = (
        Releases(archive.registry, [*GATES, agreement_gate(archive.shadows)]),
        Registering(archive.intake, archive.links),
    )
    app.include_router(models_router(releases, registering, reader, operator), responses=refusals)
    operating = [
        letters_router(archive.office),
        reclassify_router(Reclassification(store, archive.jobs, account)),
    ]
    for router in operating:
        app.include_router(router, dependencies=[operator], responses=refusals)
    app.include_router(sign_in_router(access.sign_in, reader))
    app.include_router(health_router(store.check))
    if frontend:
        frontend.install(app)
    return app
