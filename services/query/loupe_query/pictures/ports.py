"""Links to pictures, and what the routes need to give them: adapters implement these protocols.

A link lets whoever holds it read or write one blob for a short time, straight from or to storage: no picture passes
through the API.
"""

from datetime import datetime
from typing import NamedTuple, Protocol


class Link(NamedTuple):
    """An address that needs no other permission until it expires."""

    url: str
    expires_at: datetime


class Links(Protocol):
    """Makes links. Safe for use from several threads. May take seconds, once in hours.

    Every method raises ``StorageUnavailable`` when there is nothing to sign links with.
    """

    def read(self, container: str, blob: str) -> Link:
        """A link to the bytes of a blob, whether it exists or not."""

    def upload(self, container: str, blob: str) -> Link:
        """A link to which one blob of this name can be written, also over another. Nothing can be read from it."""

    def create(self, container: str, blob: str) -> Link:
        """As ``upload``, but nothing can be written over another."""


class Thumbnails(Protocol):
    """Gives thumbnails of the pictures in the container of images."""

    async def link(self, blob: str) -> Link:
        """A link to the thumbnail of a picture, which is made if there is none.

        Raises:
            BlobGone: there is no such blob.
            ImageRejected: it is no picture that can be decoded; with the reason.
            TransientError: storage did not answer as it should, or the thumbnail takes long to make.
        """
