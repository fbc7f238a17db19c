"""The routes over the archive: each translates a request into one call of the store."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from loupe_query.examples import COUNTS, PAGE, RESULT
from loupe_shared.adapters.web import describe
from loupe_shared.domain import Outcome, Probability, Result, UtcDatetime, image_id
from loupe_shared.errors import InvalidMessage
from loupe_shared.listing import Position, ResultFilter
from loupe_shared.ports import ResultStore


class ImagePage(BaseModel):
    """A part of a list."""

    images: tuple[Result, ...]
    next: str | None = Field(description="`cursor` of the next page; none at the end")


class CountsView(BaseModel):
    """How many images there are."""

    outcomes: dict[Outcome, int] = Field(description="by outcome")
    labels: dict[str, int] = Field(description="classified images by most probable label")


class ListQuery(BaseModel):
    """The parameters of a list. Unset ones match everything."""

    model_config = ConfigDict(extra="forbid")

    container: str | None = None
    label: str | None = Field(default=None, examples=["espresso"])
    min_score: Probability | None = Field(default=None, description="probability of the label")
    outcome: Outcome | None = None
    since: UtcDatetime | None = Field(default=None, description="completed at this time or later")
    until: UtcDatetime | None = Field(default=None, description="completed before this time")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: str | None = Field(default=None, max_length=200, description="`next` of the page before")


def archive_router(store: ResultStore, account: str) -> APIRouter:
    """The routes over a store with the images of a storage account."""
    router = APIRouter(prefix="/v1", tags=["archive"], responses=describe(503))

    @router.get("/images", summary="List images", responses={200: _example(PAGE), **describe(400, 422)})
    def list_images(query: Annotated[ListQuery, Query()]) -> ImagePage:
        try:
            after = Position.from_cursor(query.cursor) if query.cursor else None
        except InvalidMessage as error:
            raise HTTPException(400, str(error)) from error
        wanted = ResultFilter(**query.model_dump(exclude={"limit", "cursor"}))
        page = store.page(wanted, query.limit, after)
        return ImagePage(images=page.results, next=page.next.to_cursor() if page.next else None)

    @router.get(
        "/images/{container}/{blob:path}",
        summary="One image",
        responses={200: _example(RESULT), **describe(404, 422)},
    )
    def get_image(
        container: Annotated[str, Path(examples=["images"])],
        blob: Annotated[str, Path(examples=["samples/coffee.png"])],
    ) -> Result:
        result = store.get(image_id(account, container, blob))
        if result is None:
            raise HTTPException(404, f"no outcome of {container}/{blob} is known (yet)")
        return result

    @router.get("/counts", summary="Count images", responses={200: _example(COUNTS)})
    def count_images() -> CountsView:
        counts = store.counts()
        return CountsView(outcomes=counts.outcomes, labels=counts.labels)

    return router


def _example(value: object) -> dict[str, object]:
    return {"content": {"application/json": {"example": value}}}
