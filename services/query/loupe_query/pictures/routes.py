"""The routes to pictures: links to them and to their thumbnails, and links for uploading more."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import RedirectResponse

from loupe_query.documents import example
from loupe_query.pictures.examples import LINKS, UPLOADS
from loupe_query.pictures.ports import Link, Links, Thumbnails
from loupe_shared.adapters.web import describe, describe_body
from loupe_shared.api.pictures import (
    LinksGiven,
    LinksWanted,
    PictureLinks,
    Upload,
    UploadsGiven,
    UploadsWanted,
    can_be_linked,
)
from loupe_shared.errors import BlobGone, ImageRejected, LoupeError, PermanentError

# For how long a browser may follow a redirect again without asking: well below what is left of its link.
CACHED_S = 300

UPLOAD_HEADERS = {"x-ms-blob-type": "BlockBlob"}

Container = Annotated[str, Path(examples=["images"])]
Blob = Annotated[str, Path(examples=["samples/coffee.png"])]


def pictures_router(links: Links, thumbnails: Thumbnails, images: str) -> APIRouter:
    """The routes for looking at pictures. ``images`` is their container; nothing outside it is ever linked to."""
    router = APIRouter(prefix="/v1", tags=["pictures"], responses=describe(422, 503))

    @router.get(
        "/content/{container}/{blob:path}",
        summary="The bytes of a picture",
        description="Leads to storage, which gives the bytes.",
        status_code=307,
        response_class=RedirectResponse,
        responses={307: {"description": "Where the bytes are for some minutes"}, **describe(404)},
    )
    def get_content(container: Container, blob: Blob) -> RedirectResponse:
        _require(_obstacle(container, blob, images))
        return _redirect(links.read(container, blob))

    @router.get(
        "/thumbnails/{container}/{blob:path}",
        summary="The thumbnail of a picture",
        description="A JPEG of at most 256 pixels in width and height, which is made if there is none yet.",
        status_code=307,
        response_class=RedirectResponse,
        responses={307: {"description": "Where the thumbnail is for some minutes"}, **describe(404)},
    )
    async def get_thumbnail(container: Container, blob: Blob) -> RedirectResponse:
        _require(_obstacle(container, blob, images))
        try:
            return _redirect(await thumbnails.link(blob))
        except PermanentError as error:
            raise HTTPException(404, f"{container}/{blob} has no thumbnail: {_reason(error)}") from error

    @router.post(
        "/links",
        summary="Links to many pictures",
        description="Links to pictures and to their thumbnails, which are made if there are none yet. "
        "A picture without a thumbnail has a `problem`, and costs the others nothing.",
        responses={200: example(LINKS), **describe_body()},
    )
    async def give_links(wanted: LinksWanted) -> LinksGiven:
        given = [
            PictureLinks(container=one.container, blob=one.blob, problem=_obstacle(one.container, one.blob, images))
            for one in wanted.images
        ]
        linkable = [picture for picture in given if not picture.problem]
        contents = await asyncio.to_thread(lambda: [links.read(images, picture.blob) for picture in linkable])
        await asyncio.gather(*(_link(*pair, thumbnails) for pair in zip(linkable, contents, strict=True)))
        return LinksGiven(expires_at=min((content.expires_at for content in contents), default=None), images=given)

    return router


def uploads_router(links: Links, images: str) -> APIRouter:
    """The route for uploading pictures into their container."""
    router = APIRouter(prefix="/v1", tags=["pictures"], responses=describe(422, 503))

    @router.post(
        "/uploads",
        summary="Links for uploading pictures",
        description="One link for each name. Send the bytes there with `PUT` and the `headers` of this answer "
        "([Put Blob](https://learn.microsoft.com/rest/api/storageservices/put-blob)); add a `Content-Type` of the "
        "picture. What has this name already is replaced, and classified as a new version.",
        responses={200: example(UPLOADS), **describe_body()},
    )
    def give_upload_links(wanted: UploadsWanted) -> UploadsGiven:
        given = [links.upload(images, blob) for blob in wanted.blobs]
        return UploadsGiven(
            container=images,
            expires_at=min(link.expires_at for link in given),
            headers=UPLOAD_HEADERS,
            uploads=[Upload(blob=blob, url=link.url) for blob, link in zip(wanted.blobs, given, strict=True)],
        )

    return router


def _obstacle(container: str, blob: str, images: str) -> str | None:
    """Why there cannot be a link to a blob, whether or not it exists."""
    if container != images:
        return f"only pictures in the container {images} have links"
    return None if can_be_linked(blob) else "no picture can have such a name"


def _require(obstacle: str | None) -> None:
    if obstacle:
        raise HTTPException(404, obstacle)


async def _link(picture: PictureLinks, content: Link, thumbnails: Thumbnails) -> None:
    picture.content = content.url
    try:
        picture.thumbnail = (await thumbnails.link(picture.blob)).url
    except LoupeError as error:
        picture.problem = _reason(error)
        if isinstance(error, BlobGone):
            picture.content = None


def _reason(error: LoupeError) -> str:
    return f"{error.reason}: {error.detail}" if isinstance(error, ImageRejected) else str(error)


def _redirect(link: Link) -> RedirectResponse:
    return RedirectResponse(link.url, 307, {"Cache-Control": f"private, max-age={CACHED_S}"})
