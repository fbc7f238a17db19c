"""Whether an image costs more, and processes take more memory, when there have been many.

The model does nothing, and few pictures are served under many names. The yardstick is the cost of few images in
a pipeline that has just begun. Memory is looked at halfway, too, because buffers and threads come to be at first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from bench.events import Blob
from bench.null_model import make_null_model
from bench.options import Options
from bench.pictures import RAW, make_pictures
from bench.pipeline import SERVICES, Measurement, Pipeline
from bench.rows import Row, Target
from bench.storage import ServedStorage, Storage
from bench.yardsticks import bracketed, mean

FIGURE = "growth"
FEW, MANY = 2_000, 50_000
PICTURES = 200
WARM_UP = 64

ALL = "the four services"
GROWTH = Target(1.10)


@dataclass(frozen=True)
class _Course:
    half: Measurement
    rest: Measurement
    last: Measurement

    @property
    def parts(self) -> tuple[Measurement, ...]:
        return self.half, self.rest, self.last

    def cpu_ms(self) -> float:
        return sum(part.cpu_ms() * part.images for part in self.parts) / sum(part.images for part in self.parts)


def run(options: Options) -> list[Row]:
    """Measure at the end of many images, and at the end of few."""
    few, many = options.images(FEW), options.images(MANY)
    pictures = make_pictures(options.state / "pictures", RAW, PICTURES)
    bundle = make_null_model(options.state / "null_model")
    state = options.state / FIGURE

    def pipeline() -> Pipeline:
        return Pipeline(state / "pipeline", bundle, storage, {})

    def beginning() -> Measurement:
        options.say(f"{FIGURE}: {few} images")
        with pipeline() as fresh:
            fresh.by_webhook(storage.put(pictures[:WARM_UP], "warm-up"))
            return fresh.by_webhook(_blobs(storage, pictures, few))

    def course() -> _Course:
        options.say(f"{FIGURE}: {many} images")
        blobs = _blobs(storage, pictures, many)
        with pipeline() as long:
            long.by_webhook(storage.put(pictures[:WARM_UP], "warm-up"))
            half = many // 2
            return _Course(*(long.by_webhook(part) for part in (blobs[:half], blobs[half:-few], blobs[-few:])))

    with ServedStorage(state / "storage", pictures[0].parent) as storage:
        found = bracketed(options.runs, beginning, course)

    courses = [course for course, _ in found]
    first = [mean([yardstick.cpu_ms() for yardstick in around]) for _, around in found]
    last = [course.last.cpu_ms() for course in courses]
    whole = [course.cpu_ms() for course in courses]
    return [
        Row(FIGURE, ALL, f"CPU, the first {few:,}", "ms", tuple(first)),
        Row(FIGURE, ALL, f"CPU, all {many:,}", "ms", tuple(whole)),
        Row(FIGURE, ALL, f"CPU, the last {few:,} of them", "ms", tuple(last)),
        Row(FIGURE, ALL, "all / first", "×", tuple(a / b for a, b in zip(whole, first, strict=True)), GROWTH),
        Row(FIGURE, ALL, "last / first", "×", tuple(a / b for a, b in zip(last, first, strict=True))),
        *(row for name in SERVICES for row in _of_service(name, found)),
    ]


def _of_service(name: str, found: Sequence[tuple[_Course, tuple[Measurement, Measurement]]]) -> list[Row]:
    first = tuple(mean([yardstick.cpu_ms(name) for yardstick in around]) for _, around in found)
    courses = [course for course, _ in found]
    return [
        Row(FIGURE, name, "CPU, the first", "ms", first),
        Row(FIGURE, name, "CPU, the last", "ms", tuple(course.last.cpu_ms(name) for course in courses)),
        Row(
            FIGURE, name, "memory at the beginning", "MB", tuple(course.half.before[name].rss_mb for course in courses)
        ),
        Row(FIGURE, name, "memory halfway", "MB", tuple(course.half.after[name].rss_mb for course in courses)),
        Row(FIGURE, name, "memory at the end", "MB", tuple(course.last.after[name].rss_mb for course in courses)),
    ]


def _blobs(storage: Storage, pictures: Sequence[Path], count: int) -> list[Blob]:
    copies = range(ceil(count / len(pictures)))
    return [blob for copy in copies for blob in storage.put(pictures, f"copy-{copy}")][:count]
