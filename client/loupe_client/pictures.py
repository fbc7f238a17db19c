"""Pictures themselves: their bytes, links to them, and uploads. They pass between client and storage, not the API."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from loupe_client.addresses import chunks, named, path_of
from loupe_client.connection import Connection
from loupe_client.errors import UploadFailed
from loupe_client.uploads import CONCURRENT, Picture, Uploaded, uploaded
from loupe_shared.api.pictures import LinksGiven, PictureLinks, UploadsGiven


class Pictures:
    """The part of the client that follows links.

    Attributes:
        _storage: where links lead. It is never told who calls.
    """

    _api: Connection
    _storage: Connection

    def content(self, container: str, blob: str, *, etag: str | None = None) -> bytes:
        """The bytes of a picture.

        Raises:
            Replaced: the picture has another etag by now.
        """
        headers = {"If-Match": f'"{etag}"'} if etag else {}
        link = self._link(path_of("content", container, blob))
        return self._storage.content(self._storage.request("GET", link, headers=headers))

    def checksum(self, container: str, blob: str) -> bytes | None:
        """The MD5 of a picture's bytes, as storage keeps it; none if it was uploaded without."""
        link = self._link(path_of("content", container, blob))
        with self._storage.open(self._storage.request("HEAD", link)) as response:
            try:
                return base64.b64decode(response.headers.get("Content-MD5", ""), validate=True) or None
            except binascii.Error:
                return None

    def thumbnail(self, container: str, blob: str) -> bytes:
        """The thumbnail of a picture, a JPEG."""
        return self._storage.content(self._storage.request("GET", self._link(path_of("thumbnails", container, blob))))

    def links(self, names: Iterable[tuple[str, str]]) -> LinksGiven:
        """Links to pictures by container and blob, and to their thumbnails. Any number of them."""
        answers = [
            self._api.ask(LinksGiven, "POST", "/v1/links", body={"images": named(chunk)}) for chunk in chunks(names)
        ]
        ends = [answer.expires_at for answer in answers if answer.expires_at]
        pictures: list[PictureLinks] = list(chain.from_iterable(answer.images for answer in answers))
        return LinksGiven(expires_at=min(ends, default=None), images=pictures)

    def upload_links(self, blobs: Iterable[str]) -> UploadsGiven:
        """Links for uploading pictures under these names. ``upload`` asks for them, and uploads."""
        return self._api.ask(UploadsGiven, "POST", "/v1/uploads", body={"blobs": list(blobs)})

    def upload(self, pictures: Mapping[str, Picture]) -> tuple[Uploaded, ...]:
        """Upload bytes or files, by the names that the blobs get. What has such a name already is replaced.

        Raises:
            UploadFailed: one did not reach storage; others may have.
            OSError: a file cannot be read.
        """
        return tuple(_or_raise(one) for one in self.upload_each(pictures))

    def upload_each(
        self, pictures: Mapping[str, Picture], *, concurrent: int = CONCURRENT
    ) -> Iterator[Uploaded | UploadFailed]:
        """Upload as ``upload`` does, but one that fails costs the others nothing: its error is in its place.

        Args:
            pictures: bytes or files, by the names that the blobs get.
            concurrent: how many are on their way at once.
        """
        return uploaded(self.upload_links, self._storage, pictures, concurrent)

    def _link(self, path: str) -> str:
        return self._api.target(self._api.request("GET", path))


def _or_raise(one: Uploaded | UploadFailed) -> Uploaded:
    if isinstance(one, UploadFailed):
        raise one.__cause__ if isinstance(one.__cause__, OSError) else one  # Python's own error names the file
    return one
