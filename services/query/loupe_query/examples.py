"""The examples in the API's description. Built from the domain's own types, so that they cannot be out of date."""

from datetime import UTC, datetime

from loupe_shared.domain import (
    ImageProperties,
    ImageRef,
    ModelVersion,
    Outcome,
    Prediction,
    Result,
    Timings,
)
from loupe_shared.listing import Position

_UPLOADED = datetime(2026, 11, 22, 8, 15, 30, 123456, UTC)
_COMPLETED = datetime(2026, 11, 22, 8, 15, 30, 301204, UTC)

_RESULT = Result(
    image=ImageRef(
        account="stloupeimages",
        container="images",
        blob="samples/coffee.png",
        etag="0x8DE29A7F1C2B3A4",
        sequencer="00000000000000000000000000015508000000000005101c",
        uploaded_at=_UPLOADED,
        content_length=466706,
    ),
    outcome=Outcome.CLASSIFIED,
    predictions=(Prediction(label="espresso", score=0.951), Prediction(label="cup", score=0.015)),
    heatmap=((0, 12, 40), (9, 255, 131), (0, 88, 61)),
    properties=ImageProperties(format="PNG", width=600, height=400, size_bytes=466706),
    model=ModelVersion(name="efficientnet-lite0", version=1, preprocessing_hash="9f2c…"),
    timings_ms=Timings(queued=41.2, fetch=6.3, decode=9.8, inference=14.1),
    completed_at=_COMPLETED,
    stored_at=_COMPLETED,
)

RESULT = _RESULT.model_dump(mode="json")
PAGE = {"images": [RESULT], "next": Position.of(_RESULT).to_cursor()}
COUNTS = {"outcomes": {"classified": 1204, "rejected": 3}, "labels": {"espresso": 311, "daisy": 893}}
