"""The examples in the API's description. Built from the domain's own types, so that they cannot be out of date."""

import json
from datetime import UTC, datetime

from loupe_shared.domain import ImageRef, Outcome
from loupe_shared.listing import Order, Position
from loupe_shared.result import ImageProperties, ModelVersion, Prediction, Result, Review, Timings

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

_REVIEW = Review(label="cup", reviewer="Ada", reviewed_at=_COMPLETED)
_EARLIER = _RESULT.model_copy(update={"predictions": (Prediction(label="cup", score=0.61),)})

RESULT = json.loads(_RESULT.document())
REVIEWED = json.loads(_RESULT.model_copy(update={"review": _REVIEW}).document())
PAGE = {"images": [RESULT], "next": Position.of(_RESULT).to_cursor(Order())}
BATCH = {"images": [RESULT], "missing": [{"container": "images", "blob": "never/was.png"}]}
HISTORY = {"images": [json.loads(_EARLIER.document())]}
COUNTS = {
    "outcomes": {"classified": 1204, "rejected": 3},
    "labels": {"espresso": 311, "daisy": 893},
    "reasons": {"truncated": 3},
    "reviews": {"confirmed": 96, "corrected": 4},
    "models": {"efficientnet-lite0:1": 1207},
    "containers": {"images": 1207},
}
STATISTICS = {
    "since": "2026-11-22",
    "until": "2026-11-23",
    "days": [
        {
            "day": "2026-11-22",
            "outcomes": {"classified": 1204, "rejected": 3},
            "labels": {"daisy": 893, "espresso": 311},
            "reasons": {"truncated": 3},
        }
    ],
    "labels": {"daisy": 893, "espresso": 311},
    "scores": [0, 2, 9, 14, 22, 31, 30, 41, 46, 47, 52, 55, 61, 69, 72, 88, 96, 121, 139, 209],
}
THROUGHPUT = {"minutes": 5, "slots": [{"at": "2026-11-22T08:15:00Z", "images": 1207}]}
