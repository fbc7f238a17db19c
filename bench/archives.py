"""Archives with as many results as wanted, as one comes to have them in a month.

A thousand labels, of which few are frequent; scores of all sizes; three containers, two versions of a model; one image
of a hundred rejected, and one of five hundred deleted. Images come every 2.6 seconds, a million in thirty days, so
that a smaller archive is a shorter one.
"""

import bisect
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loupe_local.azurite import ACCOUNT, CONTAINER
from loupe_shared.adapters.sqlite import SqliteStore
from loupe_shared.domain import ImageRef, Outcome, Reason
from loupe_shared.result import ImageProperties, ModelVersion, Prediction, Result

RECIPE = 1  # to be raised when archives become others
LABELS = 1000
CONTAINERS = ("line-a", "line-b", "line-c")
CAMERAS = 17
INTERVAL = timedelta(seconds=2.6)
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
GROUP = 1000
SWEPT_ETAG = "0x8DE29A7F1C2B3A4"

_WEIGHTS = list(itertools.accumulate(1 / rank for rank in range(1, LABELS + 1)))
_SURE = 0.5


def make_archive(folder: Path, count: int) -> Path:
    """The file of an archive, made if it is not there."""
    return _make(folder / f"archive-{RECIPE}-{count}.sqlite", _results(count))


def make_swept_archive(folder: Path, count: int) -> Path:
    """The file of an archive of one container, in which nothing differs from what ``bench.listing_server`` lists."""
    results = (
        result.model_copy(
            update={
                "image": result.image.model_copy(
                    update={"container": CONTAINER, "blob": swept_name(place), "etag": SWEPT_ETAG}
                )
            }
        )
        for result, place in zip(_results(count, deleted=0.0), _shuffled(count), strict=True)
    )
    return _make(folder / f"swept-{RECIPE}-{count}.sqlite", results)


def swept_name(number: int) -> str:
    """What the blob at a place of the listing is called. Names of later places are greater."""
    return f"camera {number // 10_000:04}/2026-11/{number:08}.jpg"


def _shuffled(count: int) -> list[int]:
    """In which order blobs came to be: of all cameras in turn, so that neighbours in the listing lie apart."""
    return sorted(range(count), key=lambda number: (number % 10_000, number // 10_000))


def _make(path: Path, results: Iterator[Result]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        for leftover in path.parent.glob(f"{unfinished.name}*"):
            leftover.unlink()
        store = SqliteStore(unfinished)
        while group := list(itertools.islice(results, GROUP)):
            store.write(group)
        store.close()
        unfinished.rename(path)
    return path


def blob_name(number: int) -> str:
    """What the image of a number is called."""
    return f"camera {number % CAMERAS}/2026-11/{number:08}.jpg"


def container_name(number: int) -> str:
    """Where the image of a number lies."""
    return CONTAINERS[number % len(CONTAINERS)]


def label_name(chance: random.Random) -> str:
    """One of the labels, as often as it comes."""
    return f"label {bisect.bisect(_WEIGHTS, chance.random() * _WEIGHTS[-1]):03}"


def _results(count: int, deleted: float = 0.002) -> Iterator[Result]:
    chance = random.Random(7)  # noqa: S311  (for variety)
    heatmap = tuple(tuple(chance.randrange(256) for _ in range(7)) for _ in range(7))
    for number in range(count):
        completed_at = BEGIN + number * INTERVAL
        image = ImageRef(
            account=ACCOUNT,
            container=container_name(number),
            blob=blob_name(number),
            etag="0x8DE29A7F1C2B3A4",
            sequencer=f"{number:048x}",
            uploaded_at=completed_at,
            content_length=100_000,
        )
        model = ModelVersion(
            name="efficientnet-lite0", version=1 + (number % 5 == 0), preprocessing_hash="0123456789abcdef"
        )
        kind = chance.random()
        if kind < deleted:
            yield Result(image=image, outcome=Outcome.DELETED, completed_at=completed_at)
        elif kind < 0.012:  # noqa: PLR2004
            reason = chance.choice(list(Reason))
            yield Result(
                image=image, outcome=Outcome.REJECTED, reason=reason, detail="…", model=model, completed_at=completed_at
            )
        else:
            best = chance.random()
            second = chance.random() * (1 - best if best > _SURE else best)
            scores = (best, second, *(second * chance.random() for _ in range(3)))
            yield Result(
                image=image,
                outcome=Outcome.CLASSIFIED,
                predictions=tuple(Prediction(label=label_name(chance), score=score) for score in scores),
                heatmap=heatmap,
                properties=ImageProperties(format="JPEG", width=1600, height=1200, size_bytes=100_000),
                model=model,
                completed_at=completed_at,
                stored_at=completed_at,
            )
