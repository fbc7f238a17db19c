"""The archive's routes: lists, many images by name, and what was known of an image earlier."""

import json
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response

from loupe_query.documents import JSON, array, example
from loupe_query.examples import BATCH, HISTORY, PAGE
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.filters import MAX_NAME, ListQuery
from loupe_shared.api.images import FoundImages, ImageList, ImageNames, ImagePage
from loupe_shared.domain import image_id
from loupe_shared.errors import InvalidMessage
from loupe_shared.listing import Position
from loupe_shared.ports import ResultStore

Container = Annotated[str, Path(examples=["images"], max_length=MAX_NAME)]
Blob = Annotated[str, Path(examples=["samples/coffee.png"], max_length=MAX_NAME)]


def archive_router(store: ResultStore, account: str) -> APIRouter:
    """The routes over a store with the images of a storage account."""
    router = APIRouter(prefix="/v1", tags=["archive"], responses=describe(503))

    @router.get(
        "/images",
        summary="List images",
        response_model=ImagePage,
        responses={200: example(PAGE), **describe(400, 422)},
    )
    def list_images(query: Annotated[ListQuery, Query()]) -> Response:
        order = query.in_order()
        try:
            after = Position.from_cursor(query.cursor, order) if query.cursor else None
        except InvalidMessage as error:
            raise HTTPException(400, str(error)) from error
        page = store.page(query.wanted(query.since, query.until), order, query.limit, after)
        cursor = json.dumps(page.next.to_cursor(order) if page.next else None)
        return Response(f'{{"images":{array(page.documents)},"next":{cursor}}}', media_type=JSON)

    @router.post(
        "/images/batch",
        summary="Many images by name",
        response_model=FoundImages,
        responses={200: example(BATCH), **describe(422), **describe_body()},
    )
    def get_images(names: ImageNames) -> Response:
        ids = [image_id(account, name.container, name.blob) for name in names.images]
        documents = store.find(list(dict.fromkeys(ids)))
        found = array([documents[id_] for id_ in ids if id_ in documents])
        missing = array(
            [name.model_dump_json() for id_, name in zip(ids, names.images, strict=True) if id_ not in documents]
        )
        return Response(f'{{"images":{found},"missing":{missing}}}', media_type=JSON)

    @router.get(
        "/history/{container}/{blob:path}",
        summary="What was known of an image earlier",
        description="Results of earlier versions of the blob and of earlier models, the newest first.",
        response_model=ImageList,
        responses={200: example(HISTORY), **describe(404, 422)},
    )
    def get_history(container: Container, blob: Blob) -> Response:
        id_ = image_id(account, container, blob)
        documents = store.history(id_)
        if not documents and not store.find([id_]):
            raise unknown(container, blob)
        return Response(f'{{"images":{array(documents)}}}', media_type=JSON)

    return router


def unknown(container: str, blob: str) -> HTTPException:
    """That the archive has no such image."""
    return HTTPException(404, f"no outcome of {container}/{blob} is known (yet)")
