"""One sweep: every prefix from where it was left, at the same time."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict
from itertools import islice

from loupe_reconciler.counts import Counts
from loupe_reconciler.mender import Mender
from loupe_reconciler.merge import Names, differences
from loupe_reconciler.pace import Pace
from loupe_reconciler.ports import Place, Progress
from loupe_shared.container import ListedPage, Listing, MarkerRefused
from loupe_shared.telemetry import metrics, tracing

log = logging.getLogger(__name__)

MAX_THREADS = 16
CHECK_INTERVAL_S = 1.0


class Sweep:
    """Compares a container with the archive, and mends what differs.

    An interrupted sweep goes on where it was, by page of the listing, also in another process. What was done of a page
    is done again then, which finds it mended.

    Args:
        listing: of the container.
        names: gives the archive's names with a prefix, after a name.
        mender: is given the differences.
        progress: remembers the places.
        pace: tells when to end.
        prefixes: of names; what has none of them is not looked at.
        group: most differences that are mended at once.
    """

    def __init__(
        self,
        listing: Listing,
        names: Callable[[str, str], Names],
        mender: Mender,
        progress: Progress,
        pace: Pace,
        prefixes: Sequence[str],
        group: int,
    ) -> None:
        self._listing = listing
        self._names = names
        self._mender = mender
        self._progress = progress
        self._pace = pace
        self._prefixes = tuple(dict.fromkeys(prefixes))
        self._group = group

    def run(self) -> Counts:
        """Sweep to the end.

        Raises:
            TransientError: something is down; the next sweep goes on from here.
            Stopped: the process is to end; the same holds.
        """
        with tracing.span("sweep") as span:
            began = time.monotonic()
            counts = self._run()
            span.note({f"loupe.sweep.{finding}": images for finding, images in asdict(counts).items()})
        metrics.SWEEP_ENDED.set_to_current_time()
        metrics.SWEEPS.labels("completed").inc()  # after what somebody looks at who has seen it grow
        metrics.SWEEP_SECONDS.set(time.monotonic() - began)
        for finding, images in asdict(counts).items():
            metrics.SWEEP_IMAGES.labels(finding).inc(images)
        return counts

    def _run(self) -> Counts:
        began, cpu, waited = time.monotonic(), time.process_time(), self._pace.waited_s
        places = self._progress.load()
        left = [prefix for prefix in self._prefixes if not places.get(prefix, Place()).done]
        if places:
            log.info("a sweep that was interrupted goes on")
        with ThreadPoolExecutor(min(MAX_THREADS, max(1, len(left))), "sweep") as pool:
            parts = [
                pool.submit(copy_context().run, self._under, prefix, places.get(prefix, Place())) for prefix in left
            ]
        counts = sum((part.result() for part in parts), Counts())
        self._progress.clear()
        log.info(
            "sweep: %s; %.1f s, of which it waited %.1f s for live traffic; %.1f s of CPU",
            counts,
            time.monotonic() - began,
            self._pace.waited_s - waited,
            time.process_time() - cpu,
        )
        return counts

    def _under(self, prefix: str, place: Place) -> Counts:
        try:
            return self._walk(prefix, place)
        except MarkerRefused as error:
            if not place.marker:
                raise
            log.warning("the sweep of %r begins anew: %s", prefix, error)
            return self._walk(prefix, Place())

    def _walk(self, prefix: str, place: Place) -> Counts:
        names = self._names(prefix, place.after)
        counts = Counts()
        coming = self._listing.page(prefix, place.marker)
        while not place.done:
            page = self._receive(coming)
            if page.next:  # is on its way while this one is compared
                coming = self._listing.page(prefix, page.next)
            found = differences(page.blobs, names, is_last=not page.next)
            while group := list(islice(found, self._group)):
                counts += self._mender.mend(group)
            counts += Counts(listed=len(page.blobs))
            place = Place(page.next, names.after, done=not page.next)
            self._progress.save(prefix, place)
        return counts + Counts(known=names.taken)

    def _receive(self, coming: Future[ListedPage]) -> ListedPage:
        """A page, for which nobody waits any more when the process is to end."""
        while True:
            self._pace.check()
            try:
                return coming.result(CHECK_INTERVAL_S)
            except TimeoutError:
                if coming.done():
                    raise
