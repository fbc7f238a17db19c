"""Thumbnails in blob storage: made when somebody first wants to see them, and kept in a container of their own.

The name of a thumbnail follows from the version of its picture, so that a picture that was replaced gets another, and
several processes that make the same write the same.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError
from azure.storage.blob import BlobServiceClient, ContentSettings

from loupe_query.pictures.ports import Link, Links
from loupe_query.pictures.settings import PictureSettings
from loupe_query.pictures.shrink import CONTENT_TYPE, shrink
from loupe_shared.adapters.blob_service import answering
from loupe_shared.domain import Reason, image_id
from loupe_shared.errors import ImageRejected, StorageUnavailable, TransientError

# Threads that ask storage what there is, and threads that read, decode and write. Together they are fewer than the ten
# connections that the SDK keeps. A decoder that a hostile picture holds up for long holds up no other kind of request.
LOOKERS = 6
MAKERS = 3

WAIT_S = 10.0  # after which a request is answered without the thumbnail; it is made nevertheless

# What is known is not asked for again: that a thumbnail exists, or why there is none.
KNOWN_S = 900.0
KNOWN = 10_000

_SETTINGS = ContentSettings(content_type=CONTENT_TYPE, cache_control="private, max-age=86400, immutable")


@dataclass(frozen=True)
class _Version:
    """A version of a picture, and the name of its thumbnail."""

    blob: str
    etag: str
    thumbnail: str


_Refusal = tuple[Reason, str]


class BlobThumbnails:
    """``Thumbnails`` in blob storage.

    Args:
        settings: the containers, and which pictures are decoded.
        service: reaches them. It is not closed here.
        links: makes links to thumbnails.
    """

    def __init__(self, settings: PictureSettings, service: BlobServiceClient, links: Links) -> None:
        self._settings = settings
        self._images = service.get_container_client(settings.image_container)
        self._thumbnails = service.get_container_client(settings.thumbnail_container)
        self._links = links
        self._lookers = ThreadPoolExecutor(LOOKERS, "look")
        self._makers = ThreadPoolExecutor(MAKERS, "make")
        # Of each thumbnail that was asked for lately, what became of it; only the event loop's thread changes this.
        self._known: dict[str, asyncio.Task[_Refusal | None]] = {}

    def close(self) -> None:
        """Wait for the threads to end."""
        for pool in (self._lookers, self._makers):
            pool.shutdown(cancel_futures=True)

    async def link(self, blob: str) -> Link:
        """See ``Thumbnails.link``."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WAIT_S):
                version, link = await loop.run_in_executor(self._lookers, self._look, blob)
                refusal = await asyncio.shield(self._known.get(version.thumbnail) or self._begin(version))
        except TimeoutError as error:
            raise TransientError(f"the thumbnail of {blob} takes long to make") from error
        if refusal:
            raise ImageRejected(*refusal)
        return link

    def _begin(self, version: _Version) -> asyncio.Task[_Refusal | None]:
        """Find or make a thumbnail, once for all who wait for it."""
        name = version.thumbnail
        task = self._known[name] = asyncio.create_task(self._find_or_make(version))
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]

        def forget(task: asyncio.Task[_Refusal | None]) -> None:
            if task.cancelled() or task.exception():
                self._known.pop(name, None)
            else:
                task.get_loop().call_later(KNOWN_S, self._known.pop, name, None)

        task.add_done_callback(forget)
        return task

    async def _find_or_make(self, version: _Version) -> _Refusal | None:
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self._lookers, self._exists, version.thumbnail):
            return None
        return await loop.run_in_executor(self._makers, self._make, version)

    def _look(self, blob: str) -> tuple[_Version, Link]:
        container, limit = self._settings.image_container, self._settings.max_image_bytes
        with answering(f"{container}/{blob}"):
            found = self._images.get_blob_client(blob).get_blob_properties()
        if found.size > limit:
            raise ImageRejected(Reason.TOO_LARGE, f"{found.size} bytes exceed the limit of {limit}")
        etag = found.etag.strip('"')
        thumbnail = f"{image_id(self._settings.storage_account, container, blob)}/{etag}.jpg"
        return _Version(blob, etag, thumbnail), self._links.read(self._settings.thumbnail_container, thumbnail)

    def _exists(self, thumbnail: str) -> bool:
        with answering(f"the thumbnail {thumbnail}"):
            return self._thumbnails.get_blob_client(thumbnail).exists()

    def _make(self, version: _Version) -> _Refusal | None:
        try:
            small = shrink(self._read(version), self._settings.max_image_pixels)
        except ImageRejected as error:
            # What is kept of it must not be the exception: through its traceback that would keep the picture, too.
            return error.reason, error.detail
        with answering(f"the thumbnail {version.thumbnail}"):
            self._thumbnails.upload_blob(version.thumbnail, small, overwrite=True, content_settings=_SETTINGS)
        return None

    def _read(self, version: _Version) -> bytes:
        name = f"{self._settings.image_container}/{version.blob}"
        with answering(name):
            try:
                stream = self._images.get_blob_client(version.blob).download_blob(
                    etag=f'"{version.etag}"', match_condition=MatchConditions.IfNotModified
                )
                return stream.readall()
            except ResourceModifiedError as error:
                raise StorageUnavailable(f"{name} has changed just now") from error
