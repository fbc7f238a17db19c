"""Values that tests need in great numbers, valid unless a test says otherwise."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from loupe_shared.batch.job import BatchJob, ByPrefix, Chunk, Named, job_id
from loupe_shared.domain import ImageRef, Outcome, Reason
from loupe_shared.result import ImageProperties, ModelVersion, Prediction, Result, Timings

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
BUNDLE = ROOT / "models" / "efficientnet-lite0"
FRONTEND = ROOT / "services" / "frontend" / "dist"

ACCOUNT = "devstoreaccount1"
CONTAINER = "images"
NOON = datetime(2026, 11, 22, 12, 0, 0, 0, UTC)


def image_ref(blob: str = "a.jpg", **changes: Any) -> ImageRef:  # noqa: ANN401
    """A reference to version 1 of a blob."""
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "container": CONTAINER,
        "blob": blob,
        "etag": "0x1",
        "sequencer": "01",
        "uploaded_at": NOON,
    }
    return ImageRef(**values | changes)


def result(  # noqa: PLR0913  (every one of them matters to some test)
    blob: str = "a.jpg",
    label: str = "cat",
    *,
    score: float = 0.5,
    sequencer: str = "01",
    model_version: int = 1,
    completed_at: datetime = NOON,
    container: str = CONTAINER,
    requested_at: datetime | None = None,
) -> Result:
    """A classified image."""
    return Result(
        image=image_ref(blob, sequencer=sequencer, container=container, requested_at=requested_at),
        outcome=Outcome.CLASSIFIED,
        predictions=(Prediction(label=label, score=score), Prediction(label="other", score=0.1)),
        heatmap=((0, 255), (17, 3)),
        properties=ImageProperties(format="JPEG", width=640, height=480, size_bytes=1000),
        model=ModelVersion(name="test", version=model_version, preprocessing_hash="h"),
        timings_ms=Timings(queued=1.5, fetch=2.5, decode=3.5, inference=4.5),
        completed_at=completed_at,
    )


def rejection(blob: str = "a.jpg", *, sequencer: str = "01", completed_at: datetime = NOON) -> Result:
    """A rejected image."""
    return Result(
        image=image_ref(blob, sequencer=sequencer),
        outcome=Outcome.REJECTED,
        reason=Reason.CORRUPT,
        detail="cannot be decoded",
        model=ModelVersion(name="test", version=1, preprocessing_hash="h"),
        completed_at=completed_at,
    )


def deletion(blob: str = "a.jpg", *, sequencer: str = "02", completed_at: datetime = NOON) -> Result:
    """A deleted image."""
    image = image_ref(blob, sequencer=sequencer, etag="")
    return Result(image=image, outcome=Outcome.DELETED, completed_at=completed_at)


def batch_job(number: int = 0, **changes: Any) -> BatchJob:  # noqa: ANN401
    """A batch job of which nothing is set that need not be. Jobs of greater numbers are newer."""
    submitted_at = NOON + timedelta(seconds=number)
    values: dict[str, Any] = {
        "id": job_id(submitted_at, "5f0c1b7a"),
        "input": ByPrefix(prefix="line 3/"),
        "model": "test:1",
        "mini_batch_size": 32,
        "error_threshold": -1,
        "max_retries": 3,
        "again": False,
        "submitted_by": "Ada",
        "submitted_at": submitted_at,
    }
    return BatchJob(**values | changes)


def chunk(number: int = 0, *blobs: str) -> Chunk:
    """A chunk of some blobs, of which nothing is known but their names."""
    return Chunk(number=number, images=tuple(Named(blob=blob) for blob in blobs or ("a.jpg", "b.jpg")))


def encode(image: Image.Image, format_: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def photo() -> Image.Image:
    """A real photo, 640×427."""
    return Image.open(SAMPLES / "flower.jpg").convert("RGB")


def event(
    blob: str = "a.jpg",
    *,
    kind: str = "Created",
    api: str = "PutBlob",
    container: str = CONTAINER,
    **data: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """An event in the Event Grid schema, as the service documents it."""
    subscription = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    details = {
        "api": api,
        "clientRequestId": "f3a2c0de-0000-4000-8000-00000000beef",
        "requestId": "6a1f0c52-901e-00a1-3344-5b7c2d000000",
        "eTag": "0x8DE29A7F1C2B3A4",
        "contentType": "image/jpeg",
        "contentLength": 184320,
        "blobType": "BlockBlob",
        "url": f"https://{ACCOUNT}.blob.core.windows.net/{container}/{blob}",
        "sequencer": "00000000000000000000000000015508000000000005101c",
        "storageDiagnostics": {"batchId": "b1d2e3f4-7006-0014-00f4-406dc6000000"},
    }
    return {
        "topic": f"{subscription}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}",
        "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
        "eventType": f"Microsoft.Storage.Blob{kind}",
        "eventTime": "2026-11-22T08:15:30.1234567Z",
        "id": "6a1f0c52-901e-00a1-3344-5b7c2d06aa10",
        "data": {name: value for name, value in (details | data).items() if value is not None},
        "dataVersion": "",
        "metadataVersion": "1",
    }


def cloud_event(blob: str = "a.jpg", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """The same event in the CloudEvents schema."""
    grid = event(blob, **changes)
    return {
        "specversion": "1.0",
        "id": grid["id"],
        "source": grid["topic"],
        "type": grid["eventType"],
        "subject": grid["subject"],
        "time": grid["eventTime"],
        "data": grid["data"],
    }
