"""The routes of the queue of images to review."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, params
from fastapi.responses import Response

from loupe_query.access.callers import Caller
from loupe_query.documents import JSON, array, example
from loupe_query.examples import RELEASED, REVIEW_QUEUE
from loupe_query.review.candidates import Candidate
from loupe_query.review.queue import CLAIM_S, Queue
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.reviews import ReviewQueue, ReviewQueueQuery, ReviewQueueRelease, ReviewQueueReleased
from loupe_shared.domain import now

GIVE = f"""Images without a review that are most worth one: those of which the model is least sure, above all where an
earlier version of it said something else, and unlike each other. They are claimed for this session: for {CLAIM_S}
seconds nobody else is given them. Ask again to have more, and to keep what still waits: that comes first. There can be
fewer than `limit`, even if more wait."""


def review_queue_router(queue: Queue, reviewer: params.Security) -> APIRouter:
    """The routes over a queue.

    Args:
        queue: gives the images.
        reviewer: the dependency that gives who calls.
    """
    router = APIRouter(prefix="/v1", tags=["review"], responses=describe(422, 503))

    @router.post(
        "/review-queue",
        summary="Images to review",
        description=GIVE,
        response_model=ReviewQueue,
        responses={200: example(REVIEW_QUEUE), **describe_body()},
    )
    def give_images(query: ReviewQueueQuery, caller: Annotated[Caller, reviewer]) -> Response:
        until = now() + timedelta(seconds=CLAIM_S)
        images = array([_shown(candidate) for candidate in queue.give(_holder(caller, query.session), query)])
        return Response(f'{{"images":{images},"claimed_until":"{until.isoformat()}"}}', media_type=JSON)

    @router.post(
        "/review-queue/release",
        summary="Give images back",
        description="Others can be given them at once. What is not given back is free when the claim runs out. "
        "Images of other sessions stay theirs.",
        responses={200: example(RELEASED), **describe_body()},
    )
    def release_images(release: ReviewQueueRelease, caller: Annotated[Caller, reviewer]) -> ReviewQueueReleased:
        return ReviewQueueReleased(released=queue.take_back(_holder(caller, release.session), release.images))

    return router


def _holder(caller: Caller, session: str) -> str:
    """No session has a slash, so the two cannot be taken for those of others."""
    return f"{session}/{caller.name}"


def _shown(candidate: Candidate) -> str:
    """As ``ReviewCandidate`` says. The document stands there as it is."""
    said = candidate.disagreement.model_dump_json() if candidate.disagreement else "null"
    return f'{{"image":{candidate.document},"usefulness":{candidate.usefulness:.4f},"disagreement":{said}}}'
