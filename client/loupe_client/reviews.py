"""What people say of images, and which images they are asked about."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Unpack

from loupe_client.addresses import chunks, named, path_of
from loupe_client.connection import Connection
from loupe_client.errors import Conflict, Replaced
from loupe_client.filters import Choice
from loupe_shared.api.reviews import ReviewQueue, ReviewQueueReleased
from loupe_shared.result import ResultDocument


class Reviews:
    """The part of the client for those who review. Each is a session of its own: no other has images that it has.

    Args:
        api: is asked.
    """

    def __init__(self, api: Connection) -> None:
        self._api = api
        self._session = secrets.token_urlsafe()

    def review_queue(
        self, *, limit: int | None = None, passed: Iterable[tuple[str, str]] = (), **wanted: Unpack[Choice]
    ) -> ReviewQueue:
        """Images to review, which nobody else is given for a while. Ask again to have more, and to keep what waits.

        Args:
            limit: how many.
            passed: images that are not to be shown again, by container and blob; 500 at most.
            wanted: which images.
        """
        body: dict[str, object] = {"session": self._session, "limit": limit, "passed": named(passed), **wanted}
        return self._api.ask(ReviewQueue, "POST", "/v1/review-queue", body=_set(body))

    def release(self, names: Iterable[tuple[str, str]]) -> ReviewQueueReleased:
        """Let others have images of the queue, by container and blob. Any number of them."""
        released = 0
        for chunk in chunks(names):
            body = {"session": self._session, "images": named(chunk)}
            released += self._api.ask(ReviewQueueReleased, "POST", "/v1/review-queue/release", body=body).released
        return ReviewQueueReleased(released=released)

    def review(self, container: str, blob: str, label: str, *, etag: str | None = None) -> ResultDocument:
        """Say what an image shows. Returns the image with it.

        Raises:
            Replaced: the picture has another etag by now.
        """
        body = _set({"label": label, "etag": etag or None})
        with _of_this_version():
            return self._api.ask(ResultDocument, "PUT", path_of("reviews", container, blob), body=body)

    def take_back_review(self, container: str, blob: str, *, etag: str | None = None) -> ResultDocument:
        """Take back what the caller said of an image. Returns the image without it.

        Raises:
            Replaced: the picture has another etag by now.
        """
        with _of_this_version():
            return self._api.ask(ResultDocument, "DELETE", path_of("reviews", container, blob), {"etag": etag})


@contextmanager
def _of_this_version() -> Iterator[None]:
    try:
        yield
    except Conflict as error:
        raise Replaced(error.title, error.detail, error.status) from error


def _set(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if value is not None}
