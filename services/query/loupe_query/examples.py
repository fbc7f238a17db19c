"""The examples in the API's description. Built from the domain's own types, so that they cannot be out of date."""

import json
from datetime import UTC, datetime

from loupe_shared.agreement import agreed
from loupe_shared.api.pipeline import Pipeline
from loupe_shared.domain import ImageRef, Outcome
from loupe_shared.listing import Order, Position
from loupe_shared.pipeline import QueueDepth, Worker
from loupe_shared.result import ImageProperties, ModelVersion, Precision, Prediction, Result, Review, Timings

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
    properties=ImageProperties(
        format="PNG", width=600, height=400, size_bytes=466706, seen=(0.2083, 0.0625, 0.7917, 0.9375)
    ),
    model=ModelVersion(name="efficientnet-lite0", version=1, preprocessing_hash="9f2c…"),
    timings_ms=Timings(queued=41.2, fetch=6.3, decode=9.8, inference=14.1),
    completed_at=_COMPLETED,
    stored_at=_COMPLETED,
)

_REVIEW = Review(label="cup", reviewer="Ada", reviewed_at=_COMPLETED)
_EARLIER = _RESULT.model_copy(update={"predictions": (Prediction(label="cup", score=0.61),)})

_PIPELINE = Pipeline(
    outstanding=74,
    queues=(
        QueueDepth(name="classify", waiting=1, running=2, dead=0),
        QueueDepth(name="store", waiting=0, running=1, dead=0),
    ),
    workers=(
        Worker(
            service="inference",
            name="loupe-inference-0:1",
            model="efficientnet-lite0:1",
            precision=Precision.FP32,
            device="cpu",
            started_at=_UPLOADED,
            images=120816,
            images_per_minute=7240,
            reported_at=_COMPLETED,
        ),
        Worker(
            service="results",
            name="loupe-results-0:1",
            started_at=_UPLOADED,
            images=120790,
            images_per_minute=7221,
            reported_at=_COMPLETED,
        ),
    ),
)
_AGAIN = _RESULT.model_copy(
    update={
        "predictions": (Prediction(label="espresso", score=0.452), Prediction(label="cup", score=0.431)),
        "model": ModelVersion(name="efficientnet-lite0", version=2, preprocessing_hash="9f2c…"),
    }
)

RESULT = json.loads(_RESULT.document())
REVIEWED = json.loads(agreed(_RESULT, _REVIEW).document())
PAGE = {"images": [RESULT], "next": Position.of(_RESULT).to_cursor(Order())}
BATCH = {"images": [RESULT], "missing": [{"container": "images", "blob": "never/was.png"}]}
HISTORY = {"images": [json.loads(_EARLIER.document())]}
REVIEW_QUEUE = {
    "images": [
        {
            "image": json.loads(_AGAIN.document()),
            "usefulness": 1.479,
            "disagreement": {"model": "efficientnet-lite0:1", "label": "cup", "score": 0.61},
        }
    ],
    "claimed_until": "2026-11-22T08:20:30Z",
}
RELEASED = {"released": 1}
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
ME = {"name": "line-3", "scopes": ["read", "review"]}
SIGN_IN = {
    "needed": True,
    "api_keys": True,
    "entra": {
        "authority": "https://login.microsoftonline.com/8a1f2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b/v2.0",
        "client_id": "0b2f7d64-5c0e-4a55-9d0f-6f7a8b9c0d1e",
        "scope": "6d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6/.default",
    },
}
THROUGHPUT = {"minutes": 5, "slots": [{"at": "2026-11-22T08:15:00Z", "images": 1207}]}
PIPELINE = json.loads(_PIPELINE.model_dump_json())
