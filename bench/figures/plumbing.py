"""What an image costs beside decoding and the model: a model that does nothing, pictures that need no decoding.

Once with events over the webhook, once over the storage queue of the emulator.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.breakdown import cpu_rows
from bench.null_model import make_null_model
from bench.options import Options
from bench.pictures import RAW, make_pictures
from bench.pipeline import Measurement, Pipeline
from bench.rows import Row, Target
from bench.storage import EmulatedStorage, ServedStorage, Storage
from bench.yardsticks import LoopRun, bare_loop, bracketed
from loupe_shared.result import Precision

FIGURE = "plumbing"
IMAGES = 2000
WARM_UP = 64

WEBHOOK = "webhook, file server"
QUEUE = "storage queue, Azurite"

ALL = Target(1.0, goal=0.5)


def run(options: Options) -> list[Row]:
    """Measure both ways of delivery."""
    pictures = make_pictures(options.state / "pictures", RAW, options.images(IMAGES))
    bundle = make_null_model(options.state / "null_model")
    return [
        *_measure(options, WEBHOOK, pictures, bundle),
        *_measure(options, QUEUE, pictures, bundle),
    ]


def _measure(options: Options, way: str, pictures: list[Path], bundle: Path) -> list[Row]:
    state = options.state / FIGURE

    def yardstick() -> LoopRun:
        return bare_loop(bundle, Precision.FP32, pictures)

    with _storage(way, state / "storage", pictures[0].parent) as storage:
        options.say(f"{FIGURE}: {way}, putting pictures into storage")
        warm_up, measured = storage.put(pictures[:WARM_UP], "warm-up"), storage.put(pictures, "measured")

        def loupe() -> Measurement:
            options.say(f"{FIGURE}: {way}")
            with Pipeline(state / "pipeline", bundle, storage, {}) as pipeline:
                deliver = pipeline.by_queue if way == QUEUE else pipeline.by_webhook
                deliver(warm_up)
                return deliver(measured)

        found = bracketed(options.runs, yardstick, loupe)

    throughput = tuple(measurement.images / measurement.wall_s for measurement, _ in found)
    return [*cpu_rows(FIGURE, way, found, ALL), Row(FIGURE, way, "throughput", "images/s", throughput)]


@contextmanager
def _storage(way: str, state: Path, pictures: Path) -> Iterator[Storage]:
    """The queue is the emulator's, and so are its blobs. The webhook needs no emulator, so the machine is Loupe's."""
    with EmulatedStorage(state) if way == QUEUE else ServedStorage(state, pictures) as storage:
        yield storage
