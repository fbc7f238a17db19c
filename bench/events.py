"""Blob events, as Event Grid writes them, for pictures that are in storage."""

import itertools
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loupe_local.azurite import ACCOUNT, CONTAINER

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TOPIC = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/bench/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"

_counter = itertools.count()


@dataclass(frozen=True)
class Blob:
    """A picture in storage. ``etag`` is bare."""

    name: str
    etag: str
    size: int
    content_type: str


def events(blobs: Sequence[Blob]) -> list[dict[str, Any]]:
    """An event for each blob, in the Event Grid schema: it was written just now."""
    return [_event(blob) for blob in blobs]


def _event(blob: Blob) -> dict[str, Any]:
    return {
        "topic": TOPIC,
        "subject": f"/blobServices/default/containers/{CONTAINER}/blobs/{blob.name}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "id": str(uuid.uuid4()),
        "data": {
            "api": "PutBlob",
            "clientRequestId": str(uuid.uuid4()),
            "requestId": str(uuid.uuid4()),
            "eTag": blob.etag,
            "contentType": blob.content_type,
            "contentLength": blob.size,
            "blobType": "BlockBlob",
            "url": f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}/{blob.name}",
            "sequencer": f"{time.time_ns():024x}{next(_counter):024x}",
            "storageDiagnostics": {"batchId": str(uuid.uuid4())},
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }
