"""Having images classified again, whose answer then wins over all others to the same event."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from loupe_query.operate.jobs import Jobs
from loupe_shared.api.images import ImageName
from loupe_shared.domain import ImageRef, Model, Outcome, image_id, now
from loupe_shared.listing import Order, Position, ResultFilter
from loupe_shared.messages import ClassifyJob
from loupe_shared.ports import ResultStore

JOB_SIZE = 32
PAGE = 1000
MAX_ASKED = 10_000
MAX_PAGES = 50  # a page may be short: this bounds the time that somebody waits


class _Shown(Model):
    """What must be known of an image that is classified again."""

    image: ImageRef
    outcome: Outcome


class Asked(NamedTuple):
    """Of how many images it was asked, and how many are deleted."""

    asked: int
    deleted: int


class Reclassification:
    """Publishes jobs. Every method raises ``TransientError`` if some or all of them are not published; ask again then.

    Args:
        store: the archive.
        jobs: publishes.
        account: of the images.
    """

    def __init__(self, store: ResultStore, jobs: Jobs, account: str) -> None:
        self._store = store
        self._jobs = jobs
        self._account = account

    def by_name(self, names: Iterable[ImageName]) -> tuple[Asked, list[ImageName]]:
        """Have images of these names classified again. Returns also the names that the archive does not know."""
        by_id = {image_id(self._account, name.container, name.blob): name for name in names}
        documents = self._store.find(list(by_id))
        missing = [name for id_, name in by_id.items() if id_ not in documents]
        return self._ask(documents.values(), now()), missing

    def by_filter(self, wanted: ResultFilter, after: Position | None) -> tuple[Asked, Position | None]:
        """Have images that match classified again, the newest first, until there are ``MAX_ASKED`` of them.

        Returns also the place after which the rest begins (none if that was all). An image whose new answer comes
        meanwhile moves to the front of the list, so none is asked for twice.
        """
        at, asked, deleted = now(), 0, 0
        for _ in range(MAX_PAGES):
            page = self._store.page(wanted, Order(), min(PAGE, MAX_ASKED - asked), after)
            done = self._ask(page.documents, at)
            asked, deleted, after = asked + done.asked, deleted + done.deleted, page.next
            if after is None or asked == MAX_ASKED:
                break
        return Asked(asked, deleted), after

    def _ask(self, documents: Iterable[str], at: datetime) -> Asked:
        shown = [_Shown.model_validate_json(document) for document in documents]
        images = [one.image.model_copy(update={"requested_at": at}) for one in shown if one.outcome != Outcome.DELETED]
        starts = range(0, len(images), JOB_SIZE)
        self._jobs.publish([ClassifyJob(images=tuple(images[start : start + JOB_SIZE])) for start in starts])
        return Asked(len(images), len(shown) - len(images))
