"""The routes that find images which look alike."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from loupe_query.archive import Blob, Container, unknown
from loupe_query.documents import JSON, array, example
from loupe_query.examples import RESULT
from loupe_query.similar.embedder import Embedder
from loupe_shared.adapters.web import describe
from loupe_shared.api.images import SimilarList
from loupe_shared.domain import image_id
from loupe_shared.errors import ImageRejected
from loupe_shared.ports import ResultStore, SimilarImages

MAX_LIMIT = 100
NO_EMBEDDER = "this service looks at no pictures, because LOUPE_MODEL_BUNDLE is not set"
EXAMPLE = {"space": "efficientnet-lite0:1", "images": [{"similarity": 0.9312, "image": RESULT}]}
PICTURE = {
    "required": True,
    "description": "The bytes of a picture: JPEG, PNG, WebP, GIF, BMP or TIFF.",
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
}

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def similar_router(store: ResultStore, similar: SimilarImages, embedder: Embedder | None, account: str) -> APIRouter:
    """The routes over a store with the images of a storage account.

    Args:
        store: has the images' documents and embeddings.
        similar: finds images.
        embedder: looks at uploaded pictures; unset if there is no model for it.
        account: of the images.
    """
    router = APIRouter(prefix="/v1", tags=["similar images"], responses=describe(422, 503))

    @router.get(
        "/similar/{container}/{blob:path}",
        summary="Images like an image",
        response_model=SimilarList,
        responses={200: example(EXAMPLE), **describe(404)},
    )
    def similar_to_image(container: Container, blob: Blob, limit: Limit = 10) -> Response:
        id_ = image_id(account, container, blob)
        known = store.embeddings([id_]).get(id_)
        if known is None:
            if not store.find([id_]):
                raise unknown(container, blob)
            raise HTTPException(404, f"{container}/{blob} has no embedding: only images that were classified have one")
        found = similar.nearest(*known, limit + 1)  # it is the nearest to itself
        return _answer(store, known[0], [(other, cosine) for other, cosine in found if other != id_][:limit])

    @router.post(
        "/similar",
        summary="Images like a picture",
        description="The picture is the body of the request, and is not kept.",
        response_model=SimilarList,
        responses={200: example(EXAMPLE), **describe(413, 501)},
        openapi_extra={"requestBody": PICTURE},
    )
    def similar_to_picture(picture: Annotated[bytes, Depends(_body)], limit: Limit = 10) -> Response:
        if embedder is None:
            raise HTTPException(501, NO_EMBEDDER)
        try:
            space, embedding = embedder.embed(picture)
        except ImageRejected as error:
            raise HTTPException(422, f"the picture cannot be used: {error.reason}: {error.detail}") from error
        return _answer(store, space, similar.nearest(space, embedding, limit))

    return router


async def _body(request: Request) -> bytes:
    return await request.body()


def _answer(store: ResultStore, space: str, found: list[tuple[str, float]]) -> Response:
    documents = store.find([id_ for id_, _ in found])
    images = [
        f'{{"similarity":{similarity:.4f},"image":{documents[id_]}}}' for id_, similarity in found if id_ in documents
    ]
    return Response(f'{{"space":{json.dumps(space)},"images":{array(images)}}}', media_type=JSON)
