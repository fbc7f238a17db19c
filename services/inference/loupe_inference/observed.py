"""What metrics and traces say of the images of a job."""

from collections import Counter

from loupe_inference.job import Outcomes
from loupe_shared.domain import Outcome
from loupe_shared.result import Result
from loupe_shared.telemetry import metrics
from loupe_shared.telemetry.tracing import Attribute

MAX_NAMES = 32
STAGES = ("queued", "fetch", "decode", "inference")

_SECONDS = {stage: metrics.STAGE_SECONDS.labels(stage) for stage in STAGES}


def count(outcomes: Outcomes) -> None:
    """Count the results of a job, and the time that they took. What was known beforehand passed fewer stages."""
    metrics.IMAGES_RECALLED.inc(outcomes.recalled)
    kinds = Counter((result.outcome, result.reason or "") for result in outcomes.results)
    for kind, images in kinds.items():
        metrics.IMAGES.labels(*kind).inc(images)
    for result in _classified(outcomes):
        took = result.timings_ms
        _SECONDS["queued"].observe(took.queued / 1000)
        if not result.from_embedding:
            _SECONDS["fetch"].observe(took.fetch / 1000)
            if took.inference:
                _SECONDS["decode"].observe(took.decode / 1000)
                _SECONDS["inference"].observe(took.inference / 1000)


def attributes(outcomes: Outcomes) -> dict[str, Attribute]:
    """What the span of a job says: the longest times, and the names by which the archive has those of each image."""
    found: dict[str, Attribute] = {
        "loupe.recalled": outcomes.recalled,
        "loupe.unread": len(outcomes.unread),
        "loupe.blobs": [result.image.blob for result in outcomes.results][:MAX_NAMES],
    }
    for kind, images in Counter(str(result.reason or result.outcome) for result in outcomes.results).items():
        found[f"loupe.outcome.{kind}"] = images
    if times := [result.timings_ms for result in _classified(outcomes)]:
        found |= {f"loupe.longest_ms.{stage}": max(getattr(took, stage) for took in times) for stage in STAGES}
    return found


def _classified(outcomes: Outcomes) -> list[Result]:
    return [result for result in outcomes.results if result.outcome is Outcome.CLASSIFIED]
