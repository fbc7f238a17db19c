"""The route by which images are classified again."""

from fastapi import APIRouter, HTTPException

from loupe_query.documents import example
from loupe_query.operate.examples import RECLASSIFIED
from loupe_query.operate.reclassify import MAX_ASKED, Reclassification
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.operate import ImagesByFilter, ImagesByName, Reclassified
from loupe_shared.errors import InvalidMessage
from loupe_shared.listing import Order, Position

DESCRIPTION = f"""Whichever model answers now: its answer takes the place of the one that is shown, which becomes
history. So rejected images are tried again. Images whose blob was deleted are left out and counted. `images` takes 500
names; a filter is that of lists and takes {MAX_ASKED:,} images at once, the newest first. Pass `next` as `cursor` to go
on. The answers come as for new images; the pipeline says how many are outstanding."""


def reclassify_router(reclassification: Reclassification) -> APIRouter:
    """The route over the archive."""
    router = APIRouter(prefix="/v1", tags=["operate"], responses=describe(422, 503))

    @router.post(
        "/images/reclassify",
        summary="Classify images again",
        description=DESCRIPTION,
        responses={200: example(RECLASSIFIED), **describe_body()},
    )
    def reclassify_images(choice: ImagesByName | ImagesByFilter) -> Reclassified:
        if isinstance(choice, ImagesByName):
            done, missing = reclassification.by_name(choice.images)
            return Reclassified(asked=done.asked, deleted=done.deleted, missing=tuple(missing))
        order, wanted = Order(), choice.filter
        try:
            after = Position.from_cursor(choice.cursor, order) if choice.cursor else None
        except InvalidMessage as error:
            raise HTTPException(400, str(error)) from error
        done, place = reclassification.by_filter(wanted.wanted(wanted.since, wanted.until), after)
        rest = place.to_cursor(order) if place else None
        return Reclassified(asked=done.asked, deleted=done.deleted, missing=(), next=rest)

    return router
