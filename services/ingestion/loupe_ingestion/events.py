"""Reading blob events: both schemas of Event Grid, as one object or many, as JSON or base64 of it.

Rules that survive reality: a blob's name may contain ``/blobs/``; etags come quoted or bare; ``subject`` comes with or
without its first slash; deletes have neither etag nor length; unknown fields are normal.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic_core import from_json

from loupe_shared.domain import ImageRef
from loupe_shared.errors import InvalidMessage
from loupe_shared.telemetry import metrics

CREATED = "Microsoft.Storage.BlobCreated"
DELETED = "Microsoft.Storage.BlobDeleted"

# The operations after which a blob's content is complete. CreateFile and SftpCreate announce an empty file.
COMPLETE = frozenset({"PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"})

_SUBJECT = re.compile(r"/?blobServices/default/containers/(?P<container>[^/]+)/blobs/(?P<blob>.+)", re.DOTALL)
_ACCOUNT = re.compile(r".*/providers/Microsoft\.Storage/storageAccounts/(?P<account>[^/]+)", re.IGNORECASE)


@dataclass(frozen=True)
class BlobEvent:
    """A blob came to be or was replaced, or was deleted. The etag of a deleted one is empty."""

    image: ImageRef
    deleted: bool
    content_type: str


class _Data(BaseModel):
    """What an event says of the blob. ``ImageRef`` has the rules for each value."""

    api: str
    sequencer: str
    eTag: str | None = None  # noqa: N815  (Event Grid's spelling)
    contentLength: int | None = None  # noqa: N815
    contentType: str | None = None  # noqa: N815


class _EventGridEvent(BaseModel):
    topic: str
    subject: str
    eventType: str  # noqa: N815
    eventTime: AwareDatetime  # noqa: N815
    metadataVersion: Literal["1"]  # noqa: N815
    data: Any


class _CloudEvent(BaseModel):
    source: str
    subject: str
    type: str
    time: AwareDatetime
    specversion: Literal["1.0"]
    data: Any


def read_message(content: str) -> list[BlobEvent]:
    """The events of a storage queue message that matter to Loupe.

    Raises:
        InvalidMessage: it is no JSON, no event, or an event of an unknown version.
    """
    text = content.strip()
    if not text.startswith(("{", "[")):
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise InvalidMessage("neither JSON nor base64 of JSON") from error
    try:
        document = from_json(text)
    except ValueError as error:
        raise InvalidMessage(f"not JSON: {error}") from error
    parts = document if isinstance(document, list) else [document]
    return [event for event in map(read_event, parts) if event]


def read_event(document: object) -> BlobEvent | None:
    """The event in a JSON document; none if it says neither that a blob is complete nor that it is deleted.

    Raises:
        InvalidMessage: it is no event, or one of an unknown version.
    """
    if not isinstance(document, dict):
        raise InvalidMessage("not an event: a JSON object is expected")
    try:
        if "specversion" in document:
            cloud = _CloudEvent.model_validate(document)
            found = _blob_event(cloud.source, cloud.subject, cloud.type, cloud.time, cloud.data)
        else:
            event = _EventGridEvent.model_validate(document)
            found = _blob_event(event.topic, event.subject, event.eventType, event.eventTime, event.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidMessage(f"not an event of a known version: {where}: {first['msg']}") from error
    if found is None:
        metrics.EVENTS.labels("ignored").inc()
    return found


def _blob_event(topic: str, subject: str, event_type: str, time: datetime, data: object) -> BlobEvent | None:
    if event_type not in (CREATED, DELETED):
        return None
    account, place = _ACCOUNT.fullmatch(topic), _SUBJECT.fullmatch(subject)
    if not account or not place:
        raise InvalidMessage(f"not about a blob: topic {topic[:200]!r}, subject {subject[:200]!r}")
    details = _Data.model_validate(data)
    if event_type == CREATED:
        if details.api not in COMPLETE:
            return None
        if not details.eTag:
            raise InvalidMessage("data.eTag is missing, so the version cannot be told")
    image = ImageRef(
        account=account["account"],
        container=place["container"],
        blob=place["blob"],
        etag=(details.eTag or "").strip('"'),
        sequencer=details.sequencer,
        uploaded_at=time,
        content_length=details.contentLength,
    )
    return BlobEvent(image, event_type == DELETED, details.contentType or "")
