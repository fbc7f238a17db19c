"""What to do about blob events. The consumer and the webhook both end here.

Jobs are published first, and their events remembered and acknowledged after, so that a crash in between repeats work
but never loses any.
"""

import logging
from collections.abc import Iterable, Sequence

from loupe_ingestion.events import BlobEvent
from loupe_ingestion.ports import SequencerLedger
from loupe_shared.domain import ImageRef, Outcome, Reason, now
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.ports import Outstanding, Publisher
from loupe_shared.result import Result

log = logging.getLogger(__name__)

# What uploaders send when they do not say what it is.
UNSPECIFIC_TYPES = ("", "application/octet-stream", "binary/octet-stream")


class EventHandler:
    """Turns events into jobs and results. Safe for use from several threads.

    Args:
        publisher: where jobs and results go.
        ledger: knows the events that were handled before.
        outstanding: knows what has no outcome yet.
        account: storage account of the images.
        container: container of the images.
        job_size: most images in one job.
    """

    def __init__(
        self,
        publisher: Publisher,
        ledger: SequencerLedger,
        outstanding: Outstanding,
        account: str,
        container: str,
        job_size: int,
    ) -> None:
        self._publisher = publisher
        self._ledger = ledger
        self._outstanding = outstanding
        self._account = account
        self._container = container
        self._job_size = job_size

    def handle(self, events: Sequence[BlobEvent]) -> int:
        """Publish what follows from the events; return how many were new.

        Raises:
            BrokerUnavailable: some or nothing was published; all events may be handled again.
        """
        fresh = self._fresh(events)
        if not fresh:
            return 0
        due = [_due(event) for event in fresh]
        self._publish(due)
        self._ledger.advance({event.image.id: event.image.order for event in fresh})
        log.info("%d events, %d of them new", len(events), len(due))
        return len(fresh)

    def rescue(self, after_s: float) -> int:
        """Publish again what was lost in the broker; return how much that was.

        Raises:
            BrokerUnavailable: nothing is known of it.
        """
        lost = self._outstanding.lost(after_s)
        if lost:
            log.warning("%d images are in no queue but have no outcome: they are published again", len(lost))
            self._publish(lost)
        return len(lost)

    def check(self) -> None:
        """Return if events can be handled.

        Raises:
            BrokerUnavailable: they cannot.
        """
        self._publisher.check()

    def _publish(self, due: Sequence[ImageRef | Result]) -> None:
        images = [one for one in due if isinstance(one, ImageRef)]
        results = [one for one in due if isinstance(one, Result)]
        size = self._job_size
        jobs = [ClassifyJob(images=tuple(images[start : start + size])) for start in range(0, len(images), size)]
        batches = [StoreBatch(results=tuple(results[start : start + size])) for start in range(0, len(results), size)]
        self._outstanding.add(due)
        self._publisher.publish([*jobs, *batches])

    def _fresh(self, events: Iterable[BlobEvent]) -> list[BlobEvent]:
        """Of each image of ours the newest event, if it is newer than what was handled before."""
        newest: dict[str, BlobEvent] = {}
        for event in events:
            image = event.image
            if (image.account, image.container) != (self._account, self._container):
                log.warning("ignored an event of %s/%s", image.account, image.container)
            elif image.id not in newest or image.order > newest[image.id].image.order:
                newest[image.id] = event
        if not newest:
            return []
        known = self._ledger.known(newest.keys())
        return [event for id_, event in newest.items() if event.image.order > known.get(id_, "")]


def _due(event: BlobEvent) -> ImageRef | Result:
    """An image to classify, or the outcome if that is clear from the event."""
    image = event.image
    if event.deleted:
        return Result(image=image, outcome=Outcome.DELETED, completed_at=now())
    if _may_be_image(event.content_type):
        return image
    detail = f"its content type is {event.content_type[:100]}: upload images as image/… or application/octet-stream"
    return Result(image=image, outcome=Outcome.REJECTED, reason=Reason.NOT_AN_IMAGE, detail=detail, completed_at=now())


def _may_be_image(content_type: str) -> bool:
    return content_type.lower().startswith("image/") or content_type.lower() in UNSPECIFIC_TYPES
