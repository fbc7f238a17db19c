"""Confirming differences, and publishing what follows."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

from loupe_reconciler.counts import Counts
from loupe_reconciler.merge import Difference
from loupe_reconciler.pace import Pace
from loupe_shared.container import Listed, Listing
from loupe_shared.dispatch import Dispatch
from loupe_shared.domain import ImageRef, Outcome, image_id, now
from loupe_shared.ports import Outstanding, ResultStore
from loupe_shared.result import Result, ResultDocument
from loupe_shared.telemetry import tracing
from loupe_shared.verdict import modified_at, verdict


class Mender:
    """Mends differences, one group at a time. Safe for use from several threads.

    Args:
        store: the archive.
        listing: of the container.
        outstanding: knows what live traffic and other sweeps have published.
        dispatch: where what is due goes.
        pace: gives way to live traffic.
        container: of the images, after its storage account.
        grace_s: for which a blob that was written is left to its event.
    """

    def __init__(
        self,
        store: ResultStore,
        listing: Listing,
        outstanding: Outstanding,
        dispatch: Dispatch,
        pace: Pace,
        container: tuple[str, str],
        grace_s: float,
    ) -> None:
        self._store = store
        self._listing = listing
        self._outstanding = outstanding
        self._dispatch = dispatch
        self._pace = pace
        self._container = container
        self._grace = timedelta(seconds=grace_s)
        self._turn = threading.Lock()

    def mend(self, differences: Sequence[Difference]) -> Counts:
        """Publish what is due of those that are confirmed.

        Raises:
            TransientError: some or nothing was published; all may be mended again.
            Stopped: nothing was published.
        """
        old = {image_id(*self._container, one.name): one for one in differences if not self._is_young(one.listed)}
        left = len(differences) - len(old)
        if not old:
            return Counts(left=left)
        with self._turn:
            self._pace.wait()
            # In this order: whose outcome is stored meanwhile is either still due or already shown.
            due = self._outstanding.due(list(old))
            published = self._confirmed({id_: one for id_, one in old.items() if id_ not in due})
            # A trace for the whole sweep would grow beyond what anybody can look at.
            with tracing.span("mend", attributes={"loupe.images": len(published)}, root=True):
                self._dispatch.publish(published)
        deleted = sum(isinstance(one, Result) and one.outcome is Outcome.DELETED for one in published)
        return Counts(mended=len(published) - deleted, deleted=deleted, left=left + len(due))

    def _confirmed(self, wanted: Mapping[str, Difference]) -> list[ImageRef | Result]:
        """What is due. The archive is read first and the blobs after it, as ``verdict`` needs it.

        What the archive does not know at all gets the least of all revisions, so for that the listing is good enough.
        """
        documents = self._store.find(list(wanted))
        shown = {id_: ResultDocument.model_validate_json(document) for id_, document in documents.items()}
        unsure = [id_ for id_, one in wanted.items() if one.listed is None or id_ in shown]
        moment = now()
        looks = self._listing.look([wanted[id_].name for id_ in unsure])
        seen = dict(zip(unsure, [look.result() for look in looks], strict=True))
        published = []
        for id_, one in wanted.items():
            listed = seen.get(id_, one.listed)
            if not self._is_young(listed):
                due = verdict((*self._container, one.name), listed, shown.get(id_), moment)
                published += [due] if due else []
        return published

    def _is_young(self, listed: Listed | None) -> bool:
        return listed is not None and now() - modified_at(listed) < self._grace
