"""How much of the CPU goes into decoding and the model, and how the whole compares with the obvious way.

Throughput is compared with what the machine can do at all: a bare loop on each core, with nothing beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.breakdown import cpu_rows
from bench.options import Options
from bench.pictures import LARGE, SMALL, Kind, make_pictures
from bench.pipeline import Measurement, Pipeline
from bench.rows import Row, Target
from bench.storage import ServedStorage
from bench.yardsticks import LoopRun, bare_loop, bracketed, mean, reference_loop
from loupe_shared.bundle import Bundle
from loupe_shared.result import Precision

FIGURE = "efficiency"
IMAGES = {SMALL: 2000, LARGE: 500}
WARM_UP = 64

BARE_OF_LOUPE = Target(0.90, goal=0.95, at_least=True)
# Of the small pictures. Of large ones the reference loop decodes a quarter of the pixels that Loupe's rule keeps.
LOUPE_OF_REFERENCE = {(SMALL, Precision.FP32): Target(0.80), (SMALL, Precision.INT8): Target(0.55)}
THROUGHPUT = Target(0.80, at_least=True)


@dataclass(frozen=True)
class _Yardsticks:
    bare: LoopRun
    reference: LoopRun


@dataclass(frozen=True)
class _Loupe:
    took: Measurement
    labels: dict[str, str]


def run(options: Options) -> list[Row]:
    """Measure each kind of picture with each precision of the model."""
    return [
        row
        for kind, count in IMAGES.items()
        for precision in _precisions(options.bundle)
        for row in _measure(options, kind, options.images(count), precision)
    ]


def _precisions(bundle: Path) -> list[Precision]:
    """Those that the bundle has."""
    quantized = Bundle.load(bundle).manifest.quantization
    return [Precision.FP32, Precision.INT8] if quantized else [Precision.FP32]


def _measure(options: Options, kind: Kind, count: int, precision: Precision) -> list[Row]:
    pictures = make_pictures(options.state / "pictures", kind, count)

    def yardsticks() -> _Yardsticks:
        options.say(f"{FIGURE}: {kind.name}, {precision}, yardsticks")
        return _Yardsticks(
            bare_loop(options.bundle, precision, pictures),
            reference_loop(options.bundle, pictures),
        )

    def loupe() -> _Loupe:
        options.say(f"{FIGURE}: {kind.name}, {precision}, Loupe")
        state = options.state / FIGURE
        with (
            ServedStorage(state / "storage", pictures[0].parent) as storage,
            Pipeline(state / "pipeline", options.bundle, storage, {"LOUPE_PRECISION": precision}) as pipeline,
        ):
            pipeline.by_webhook(storage.put(pictures[:WARM_UP], "warm-up"))
            return _Loupe(pipeline.by_webhook(storage.put(pictures, "measured")), pipeline.labels())

    found = bracketed(options.runs, yardsticks, loupe)
    return _rows(f"{kind.name}, {precision}", LOUPE_OF_REFERENCE.get((kind, precision)), pictures, found)


def _rows(
    case: str,
    target: Target | None,
    pictures: Sequence[Path],
    found: list[tuple[_Loupe, tuple[_Yardsticks, _Yardsticks]]],
) -> list[Row]:
    def row(name: str, unit: str, runs: Sequence[float], target: Target | None = None) -> Row:
        return Row(FIGURE, case, name, unit, tuple(runs), target)

    cpu = [loupe.took.cpu_ms() for loupe, _ in found]
    bare = [mean([yardsticks.bare.cpu_ms for yardsticks in around]) for _, around in found]
    reference = [mean([yardsticks.reference.cpu_ms for yardsticks in around]) for _, around in found]
    bare_throughput = [mean([yardsticks.bare.images_per_s for yardsticks in around]) for _, around in found]
    throughput = [loupe.took.images / loupe.took.wall_s for loupe, _ in found]
    agreement = [_agreement(loupe, before.reference, pictures) for loupe, (before, _) in found]
    return [
        *cpu_rows(FIGURE, case, [(loupe.took, (before.bare, after.bare)) for loupe, (before, after) in found]),
        row("CPU, reference loop in fp32", "ms", reference),
        row("bare loop / Loupe", "×", _ratios(bare, cpu), BARE_OF_LOUPE),
        row("Loupe / reference loop in fp32", "×", _ratios(cpu, reference), target),
        row("same label as the reference loop", "%", agreement),
        row("throughput, Loupe", "images/s", throughput),
        row("throughput, bare loop", "images/s", bare_throughput),
        row("throughput, Loupe / bare loop", "×", _ratios(throughput, bare_throughput), THROUGHPUT),
    ]


def _ratios(values: Sequence[float], yardsticks: Sequence[float]) -> list[float]:
    return [value / yardstick for value, yardstick in zip(values, yardsticks, strict=True)]


def _agreement(loupe: _Loupe, reference: LoopRun, pictures: Sequence[Path]) -> float:
    same = sum(loupe.labels[path.name] == label for path, label in zip(pictures, reference.labels, strict=True))
    return same * 100 / len(pictures)
