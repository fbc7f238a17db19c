"""Results as inference publishes them: all different, and the same ones every time."""

import random
from datetime import UTC, datetime, timedelta

from loupe_local.azurite import ACCOUNT, CONTAINER
from loupe_shared.domain import ImageRef, Outcome
from loupe_shared.result import Embedding, ImageProperties, ModelVersion, Prediction, Result, Timings

LABELS = 1000
PREDICTIONS = 5
MAP_EDGE = 7
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_results(first: int, count: int, embedding_size: int = 0) -> list[Result]:
    """Results of as many images, numbered from ``first``, with embeddings of so many values or without."""
    return [_classified(number, embedding_size) for number in range(first, first + count)]


def _classified(number: int, embedding_size: int) -> Result:
    chance = random.Random(number)  # noqa: S311  (for variety)
    embedding = Embedding(values=chance.randbytes(embedding_size), scale=0.01) if embedding_size else None
    scores = sorted((chance.random() for _ in range(PREDICTIONS)), reverse=True)
    return Result(
        image=ImageRef(
            account=ACCOUNT,
            container=CONTAINER,
            blob=f"2026/11/22/{number:08}.jpg",
            etag="0x8DE29A7F1C2B3A4",
            sequencer=f"{number:048x}",
            uploaded_at=NOON,
            content_length=100_000,
        ),
        outcome=Outcome.CLASSIFIED,
        predictions=tuple(Prediction(label=f"label {chance.randrange(LABELS)}", score=score) for score in scores),
        heatmap=tuple(tuple(chance.randrange(256) for _ in range(MAP_EDGE)) for _ in range(MAP_EDGE)),
        embedding=embedding,
        properties=ImageProperties(format="JPEG", width=1600, height=1200, size_bytes=100_000),
        model=ModelVersion(name="efficientnet-lite0", version=1, preprocessing_hash="0123456789abcdef"),
        timings_ms=Timings(queued=chance.uniform(0, 1000), fetch=chance.uniform(0, 9), decode=chance.uniform(0, 9)),
        completed_at=NOON + timedelta(microseconds=number),
    )
