"""What people say of images."""

import logging
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, params
from fastapi.responses import Response

from loupe_query.access.callers import Caller
from loupe_query.archive import Blob, Container, unknown
from loupe_query.documents import JSON, example
from loupe_query.examples import RESULT, REVIEWED
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.agreement import TakenBack
from loupe_shared.api.images import ETAG_SEEN, ReviewBody
from loupe_shared.domain import image_id, now
from loupe_shared.errors import BlobReplaced, BrokerUnavailable
from loupe_shared.ports import Announcer, ResultStore
from loupe_shared.result import ResultDocument, Review

log = logging.getLogger(__name__)

Etag = Annotated[str | None, Query(max_length=200, description=ETAG_SEEN)]


def reviews_router(store: ResultStore, announcer: Announcer, account: str, reviewer: params.Security) -> APIRouter:
    """The routes that change a store.

    Args:
        store: with the images of the account.
        announcer: is told of what has changed.
        account: the storage account.
        reviewer: the dependency that gives who calls.
    """
    router = APIRouter(prefix="/v1", tags=["review"], responses=describe(404, 409, 422, 503))

    def change(container: str, blob: str, word: Review | TakenBack, etag: str | None) -> Response:
        try:
            document = store.review(image_id(account, container, blob), word, etag)
        except BlobReplaced as error:
            raise HTTPException(409, str(error)) from error
        if document is None:
            raise unknown(container, blob)
        try:
            announcer.announce([document])
        except BrokerUnavailable as error:  # the review is noted; only who looks on learns of it later
            log.warning("a review was not announced: %s", error)
        return Response(document, media_type=JSON)

    @router.put(
        "/reviews/{container}/{blob:path}",
        summary="Say what an image shows",
        description="Confirms or corrects the label. It counts for this version of the blob, whichever model answers, "
        "and takes the place of what the same caller said before. `reviews` has what each person said last; `review` "
        "has the label of more than half of them, or else the latest word, and then `conflict` is true.",
        response_model=ResultDocument,
        responses={200: example(REVIEWED), **describe_body()},
    )
    def put_review(container: Container, blob: Blob, body: ReviewBody, caller: Annotated[Caller, reviewer]) -> Response:
        return change(container, blob, Review(label=body.label, reviewer=caller.name, reviewed_at=now()), body.etag)

    @router.delete(
        "/reviews/{container}/{blob:path}",
        summary="Take back what you said of an image",
        description="What others say stays. Whoever has said nothing changes nothing.",
        response_model=ResultDocument,
        responses={200: example(RESULT)},
    )
    def delete_review(
        container: Container, blob: Blob, caller: Annotated[Caller, reviewer], etag: Etag = None
    ) -> Response:
        return change(container, blob, TakenBack(reviewer=caller.name), etag)

    return router
