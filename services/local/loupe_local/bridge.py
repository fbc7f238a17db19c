"""Event Grid's part on one machine: a true event on the storage queue for every blob created or deleted.

Deletes inside a batch request (``delete_blobs`` of the SDK) are not seen, because Azurite does not show them. They, and
whatever came too late for the last run, are for the reconciler to find.
"""

import base64
import itertools
import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from loupe_local.azurite import CONTAINER, EVENT_QUEUE, Azurite

log = logging.getLogger(__name__)

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class Bridge:
    """Delivers events from when it is started until Azurite ends.

    Args:
        azurite: the storage account.
        observations: what ``blob_writes.cjs`` tells; closed at the end.
    """

    def __init__(self, azurite: Azurite, observations: BinaryIO) -> None:
        self._azurite = azurite
        self._observations = observations
        self._queue = azurite.queues().get_queue_client(EVENT_QUEUE)
        self._blobs = azurite.blobs()
        self._counter = itertools.count()
        self._thread = threading.Thread(target=self._run, name="bridge", daemon=True)

    def start(self) -> None:
        """Begin to deliver events, in a thread of its own."""
        self._thread.start()

    def _run(self) -> None:
        with self._observations, self._queue, self._blobs:
            for line in self._observations:
                try:
                    self._deliver(json.loads(line))
                except AzureError:
                    log.exception("an event was lost")

    def _deliver(self, observed: dict[str, Any]) -> None:
        event = self._event(observed)
        if event:
            self._queue.send_message(base64.b64encode(json.dumps(event).encode()).decode(), time_to_live=-1)

    def _event(self, observed: dict[str, Any]) -> dict[str, Any] | None:
        url = urlsplit(observed["url"])
        account, container, blob = _address(url.path)
        api = _api(observed, parse_qs(url.query))
        # An Event Grid subscription has a filter by container, too.
        if not blob or not api or container != CONTAINER:
            return None
        moment = datetime.now(UTC)
        data = {
            "api": api,
            "clientRequestId": observed.get("client_request_id"),
            "requestId": observed["request_id"],
            "contentType": observed.get("content_type"),
            "blobType": "BlockBlob",
            "url": f"{self._azurite.blob_endpoint}/{container}/{blob}",
            "sequencer": f"{time.time_ns():024x}{next(self._counter):024x}",
            "storageDiagnostics": {"batchId": str(uuid.uuid4())},
        }
        if api != "DeleteBlob":
            data |= {"eTag": observed["etag"].strip('"'), "contentLength": observed["content_length"]}
        if api in ("PutBlockList", "CopyBlob"):  # the request has neither the length nor the type of the content
            data |= _content(self._blobs, container, blob)
        return {
            "topic": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/local/providers/Microsoft.Storage"
            f"/storageAccounts/{account}",
            "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
            "eventType": f"Microsoft.Storage.Blob{'Deleted' if api == 'DeleteBlob' else 'Created'}",
            "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
            "id": str(uuid.uuid4()),
            "data": data,
            "dataVersion": "",
            "metadataVersion": "1",
        }


def _address(path: str) -> tuple[str, str, str]:
    """Account, container and blob; the blob is empty if the path is not a blob's."""
    parts = [*unquote(path).lstrip("/").split("/", 2), "", ""]
    return parts[0], parts[1], parts[2]


def _api(observed: dict[str, Any], query: dict[str, list[str]]) -> str | None:
    """What Event Grid calls the operation, if it creates or deletes a blob's content."""
    match observed["method"], query.get("comp"):
        case "DELETE", None:
            return None if "snapshot" in query else "DeleteBlob"
        case "PUT", ["blocklist"]:
            return "PutBlockList"
        case "PUT", None:
            return "CopyBlob" if observed["copy_source"] else "PutBlob"
    return None


def _content(blobs: BlobServiceClient, container: str, blob: str) -> dict[str, Any]:
    properties = blobs.get_blob_client(container, blob).get_blob_properties()
    return {"contentLength": properties.size, "contentType": properties.content_settings.content_type}
