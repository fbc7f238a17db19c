"""Writing results."""

import logging
from collections import Counter
from collections.abc import Sequence

from loupe_results.group import GroupCommit
from loupe_shared.domain import now
from loupe_shared.messages import StoreBatch
from loupe_shared.ports import Announcer, Outstanding, ResultStore
from loupe_shared.result import Result
from loupe_shared.tally import Tally
from loupe_shared.telemetry import metrics, tracing

log = logging.getLogger(__name__)


class Writer:
    """Handles store messages, those that come at the same time together. Safe for use from several threads.

    May be given the same message again: the store keeps what is newer.

    Args:
        store: takes the results.
        outstanding: is told of them.
        announcer: is told what images show; again, if the same results are written again.
        handlers: how many threads handle messages at most.

    Attributes:
        tally: of images whose results were written and announced.
    """

    def __init__(self, store: ResultStore, outstanding: Outstanding, announcer: Announcer, handlers: int) -> None:
        self._store = store
        self._outstanding = outstanding
        self._announcer = announcer
        self.tally = Tally()
        self._group = GroupCommit(self._write, handlers)

    def handle(self, batch: StoreBatch) -> None:
        """Write a batch of results.

        Raises:
            StoreUnavailable: nothing or a part was written; the batch may be handled again.
            BrokerUnavailable: all was written, but it is not noted that it was; the same holds.
        """
        self._group.write(batch)

    def settle(self, batch: StoreBatch) -> None:
        """Expect no more of these images.

        Raises:
            BrokerUnavailable: it is not noted.
        """
        self._outstanding.settle(result.image for result in batch.results)

    def _write(self, batches: Sequence[StoreBatch]) -> None:
        stored_at = now()
        results = [result.model_copy(update={"stored_at": stored_at}) for batch in batches for result in batch.results]
        # Those who wait meanwhile have spans of their own, which this one cannot all be a child of.
        links = [batch.traceparent for batch in batches if batch.traceparent]
        with (
            tracing.span("write results", "client", {"loupe.images": len(results)}, links=links) as span,
            metrics.WRITE_SECONDS.time(),
        ):
            shown = self._store.write(results)
            span.note({"loupe.shown": len(shown)})
        self._outstanding.settle(result.image for result in results)
        self._announcer.announce([result.document() for result in shown])
        self.tally.add(len(results))
        _count(results, shown)
        log.info("%d results, %d of them shown, in %d batches", len(results), len(shown), len(batches))


def _count(written: Sequence[Result], shown: Sequence[Result]) -> None:
    for outcome, results in Counter(result.outcome for result in written).items():
        metrics.RESULTS_WRITTEN.labels(outcome).inc(results)
    metrics.RESULTS_SHOWN.inc(len(shown))
    for result in written:
        # How long a batch job or a sweep takes says nothing of how soon new images are answered.
        if result.stored_at and result.image.requested_at is None:
            seconds = (result.stored_at - result.image.uploaded_at).total_seconds()
            metrics.UPLOAD_TO_RESULT.observe(max(0.0, seconds))
