"""What is to be done about a blob, given what the archive shows of it and what storage has.

The sequencer of a lost event is not known. What is published in its place must win over all that the archive knows of
the blob, and lose against every event that comes yet. So it takes the sequencer that is known, or the least one, and
within that the time of the version as that of a request (``ImageRef.order``). Two sweeps that find the same version
give it the same revision, which the archive then stores once; and of two versions the later one wins.

This holds if the archive was read before the blob: every state of the blob that is later than the one seen then has an
event with a greater sequencer than the archive had.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from loupe_shared.container import Listed
from loupe_shared.dispatch import deletion_of, due_of
from loupe_shared.domain import ImageRef, Outcome
from loupe_shared.result import Result, ResultDocument

LEAST_SEQUENCER = "0"

_TICK = timedelta(microseconds=1)


def modified_at(listed: Listed) -> datetime:
    """When a blob was written last, or its metadata set, to the second."""
    return parsedate_to_datetime(listed.last_modified)


def verdict(
    address: tuple[str, str, str], listed: Listed | None, shown: ResultDocument | None, moment: datetime
) -> ImageRef | Result | None:
    """What is due of a blob; nothing if the archive is right.

    Args:
        address: account, container and name.
        listed: the blob, as it was after ``shown`` was read; unset if it was not there.
        shown: what the archive shows; unset if it does not know the blob.
        moment: at which the blob was looked for.
    """
    is_deleted = shown is None or shown.outcome is Outcome.DELETED
    if listed is None:
        return None if is_deleted else deletion_of(_image(address, "", shown, moment))
    if shown and not is_deleted and shown.image.etag == listed.etag:
        return None
    image = _image(address, listed.etag, shown, modified_at(listed), listed.content_length)
    return due_of(image, listed.content_type)


def _image(
    address: tuple[str, str, str], etag: str, shown: ResultDocument | None, moment: datetime, length: int | None = None
) -> ImageRef:
    account, container, blob = address
    asked = shown.image.requested_at if shown else None
    return ImageRef(
        account=account,
        container=container,
        blob=blob,
        etag=etag,
        sequencer=shown.image.sequencer if shown else LEAST_SEQUENCER,
        uploaded_at=moment,
        content_length=length,
        requested_at=max(moment, asked + _TICK) if asked else moment,
    )
