"""What to do about blob events. The consumer and the webhook both end here.

Jobs are published first, and their events remembered and acknowledged after, so that a crash in between repeats work
but never loses any.
"""

import logging
from collections.abc import Iterable, Sequence

from loupe_ingestion.events import BlobEvent
from loupe_ingestion.ports import SequencerLedger
from loupe_shared.dispatch import Dispatch, deletion_of, due_of
from loupe_shared.domain import ImageRef
from loupe_shared.ports import Outstanding, Publisher
from loupe_shared.result import Result
from loupe_shared.telemetry import metrics

log = logging.getLogger(__name__)


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
        self._account = account
        self._container = container
        self._dispatch = Dispatch(publisher, outstanding, job_size)

    def handle(self, events: Sequence[BlobEvent]) -> int:
        """Publish what follows from the events; return how many were new.

        Raises:
            BrokerUnavailable: some or nothing was published; all events may be handled again.
        """
        ours = [event for event in events if self._is_ours(event.image)]
        fresh = self._fresh(ours)
        if fresh:
            self._dispatch.publish([_due(event) for event in fresh])
            self._ledger.advance({event.image.id: event.image.order for event in fresh})
            log.info("%d events, %d of them new", len(events), len(fresh))
        metrics.EVENTS.labels("published").inc(len(fresh))
        metrics.EVENTS.labels("stale").inc(len(ours) - len(fresh))
        metrics.EVENTS.labels("ignored").inc(len(events) - len(ours))
        return len(fresh)

    def rescue(self, after_s: float) -> int:
        """Publish again what was lost in the broker; return how much that was.

        Raises:
            BrokerUnavailable: nothing is known of it.
        """
        return self._dispatch.rescue(after_s)

    def check(self) -> None:
        """Return if events can be handled.

        Raises:
            BrokerUnavailable: they cannot.
        """
        self._publisher.check()

    def _is_ours(self, image: ImageRef) -> bool:
        if (image.account, image.container) == (self._account, self._container):
            return True
        log.warning("ignored an event of %s/%s", image.account, image.container)
        return False

    def _fresh(self, events: Iterable[BlobEvent]) -> list[BlobEvent]:
        """Of each image the newest event, if it is newer than what was handled before."""
        newest: dict[str, BlobEvent] = {}
        for event in events:
            image = event.image
            if image.id not in newest or image.order > newest[image.id].image.order:
                newest[image.id] = event
        if not newest:
            return []
        known = self._ledger.known(newest.keys())
        return [event for id_, event in newest.items() if event.image.order > known.get(id_, "")]


def _due(event: BlobEvent) -> ImageRef | Result:
    return deletion_of(event.image) if event.deleted else due_of(event.image, event.content_type)
