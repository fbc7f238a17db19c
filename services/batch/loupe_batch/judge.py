"""Whether a blob has come to its end in a batch job, and if not, what is to be published.

The answer follows from the archive and from storage alone. So it is the same for whoever asks, and whenever: a job that
goes on in another process finds what it has done already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loupe_batch.shown import Shown
from loupe_shared.api.pictures import can_be_linked
from loupe_shared.batch.job import BatchJob, End, Failure, Named
from loupe_shared.container import Listed, Listing
from loupe_shared.domain import ImageRef, Outcome, image_id, now
from loupe_shared.ports import ResultStore
from loupe_shared.result import Result, ResultDocument
from loupe_shared.verdict import verdict

MISSING = "missing"
NO_OUTCOME = "no_outcome"
OTHER_MODEL = "other_model"


@dataclass(frozen=True)
class Ended:
    """An image that has come to its end.

    Attributes:
        failure: why, if it failed.
        document: what the archive shows of it, if it knows it.
    """

    end: End
    failure: Failure | None = None
    document: str | None = None


Judgement = Ended | ImageRef | Result


class Judge:
    """Judges the blobs of one job. Every method raises ``TransientError`` if archive or storage do not answer.

    Args:
        job: the job.
        store: the archive.
        listing: of the container.
        container: after its storage account.
    """

    def __init__(self, job: BatchJob, store: ResultStore, listing: Listing, container: tuple[str, str]) -> None:
        self._job = job
        self._store = store
        self._listing = listing
        self._container = container

    def judge(self, blobs: Sequence[Named]) -> list[Judgement]:
        """For each blob its end, or else what is due of it: same length, same order."""
        # The archive is read before the blobs, as ``verdict`` needs it.
        ids = [image_id(*self._container, one.blob) for one in blobs]
        documents = self._store.find(ids)
        found = [documents.get(id_) for id_ in ids]
        shown = [Shown.of(document) if document else None for document in found]
        unsure = [place for place, (one, known) in enumerate(zip(blobs, shown, strict=True)) if _is_unsure(one, known)]
        seen = dict(zip(unsure, self._look([blobs[place].blob for place in unsure]), strict=True))
        return [
            self._compare(one, known, document, seen.get(place, _listed(one)))
            if known is None or place in seen
            else self._of_known(known, document)
            for place, (one, known, document) in enumerate(zip(blobs, shown, found, strict=True))
        ]

    def _look(self, names: Sequence[str]) -> list[Listed | None]:
        """Blobs as storage has them. What can be no blob's name is not asked for: it would lead elsewhere."""
        asked = [name for name in names if can_be_linked(name)]
        found = dict(zip(asked, [look.result() for look in self._listing.look(asked)], strict=True))
        return [found.get(name) for name in names]

    def _of_known(self, shown: Shown, document: str | None) -> Judgement:
        """Of the version that the archive shows, which is there."""
        job, image = self._job, shown.image
        asked = image.requested_at is not None and image.requested_at >= job.submitted_at
        is_new = asked or shown.completed_at >= job.submitted_at
        if shown.model_name == job.model and (is_new or not job.again):
            return _ended(shown, document, is_new=is_new)
        if shown.outcome is Outcome.REJECTED and shown.model is None and is_new:
            return _ended(shown, document, is_new=True)  # what is no image is not shown to any model
        if asked:
            detail = f"{shown.model_name} answered, and {job.model} was asked"
            return Ended(End.FAILED, Failure(blob=image.blob, reason=OTHER_MODEL, detail=detail), document)
        return image.model_copy(update={"requested_at": job.submitted_at})

    def _compare(self, one: Named, shown: Shown | None, document: str | None, seen: Listed | None) -> Judgement:
        """Of a blob that the archive does not know, or in another version."""
        if seen is None:
            if shown is None and one.etag is None:
                detail = "the container has no such blob"
                return Ended(End.FAILED, Failure(blob=one.blob, reason=MISSING, detail=detail))
            return Ended(End.GONE, document=document)
        known = ResultDocument.model_validate_json(document) if document else None
        due = verdict((*self._container, one.blob), seen, known, now())
        if due is not None:
            return due
        if shown is None:
            raise AssertionError
        return self._of_known(shown, document)


def _is_unsure(one: Named, shown: Shown | None) -> bool:
    """Whether storage must be asked about a blob.

    What the archive does not know at all gets the least of all revisions, so for that a listing is good enough.
    """
    if shown is None:
        return one.etag is None
    if shown.outcome in (Outcome.DELETED, Outcome.SUPERSEDED):
        return True
    return one.etag is not None and one.etag != shown.image.etag


def _listed(one: Named) -> Listed | None:
    if one.etag is None:
        return None
    return Listed(one.blob, one.etag, one.last_modified or "", one.content_length or 0, one.content_type or "")


def _ended(shown: Shown, document: str | None, *, is_new: bool) -> Ended:
    if not is_new:
        return Ended(End.SKIPPED, document=document)
    if shown.outcome is Outcome.CLASSIFIED:
        return Ended(End.CLASSIFIED, document=document)
    reason, detail = shown.reason or shown.outcome, shown.detail or ""
    return Ended(End.FAILED, Failure(blob=shown.image.blob, reason=reason, detail=detail), document)
