"""Finds the best settings for this machine: ``python -m loupe_inference tune BUNDLE``.

Decodes and infers a picture of its own making over and over, as the worker does, with different numbers of streams,
threads and images in a batch. The quickest setting wins; of those that are nearly as quick, the one that takes the
least CPU, because that is what is paid for, and then the one with the smallest batches, because it answers soonest.
"""

import argparse
import io
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np
from PIL import Image

from loupe_inference.batcher import Batcher, Scores
from loupe_inference.cpus import available_cpus
from loupe_inference.runtime import Device, Runtime
from loupe_inference.session import OnnxSession
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import decode_into
from loupe_shared.result import Precision

NEARLY = 0.97
BATCHES = {"cpu": (1, 2, 4, 8, 16, 32), "cuda": (8, 16, 32, 64, 128), "tensorrt": (8, 16, 32, 64, 128)}
PICTURE_SIZE = (640, 480)


@dataclass(frozen=True)
class Choice:
    """Settings that belong together."""

    precision: Precision
    streams: int
    threads: int
    batch_size: int


@dataclass(frozen=True)
class Trial:
    """How a choice did: pictures per second, and milliseconds of CPU for each."""

    choice: Choice
    per_second: float
    cpu_ms: float


def tune(arguments: Sequence[str]) -> None:
    """Measure, show, and name the best."""
    options = _options(arguments)
    bundle = Bundle.load(options.bundle)
    cpus = available_cpus()
    print(f"{cpus} CPUs, {options.device}, a JPEG of {PICTURE_SIZE[0]}×{PICTURE_SIZE[1]}, {bundle.manifest.name}\n")
    print(f"{'precision':>9} {'streams':>8} {'threads':>8} {'batch':>6} {'images/s':>9} {'CPU ms/image':>13}")
    trials: list[Trial] = []
    for choice in choices(bundle, options.device, cpus):
        trials.append(measure(bundle, options.device, choice, cpus, options.seconds))
        print(
            f"{choice.precision:>9} {choice.streams:>8} {choice.threads:>8} {choice.batch_size:>6} "
            f"{trials[-1].per_second:>9.1f} {trials[-1].cpu_ms:>13.2f}",
            flush=True,
        )
    for precision in {trial.choice.precision: None for trial in trials}:
        chosen = best([trial for trial in trials if trial.choice.precision is precision]).choice
        print(
            f"\nbest in {precision}:\n"
            f"  LOUPE_PRECISION={precision}\n"
            f"  LOUPE_STREAMS={chosen.streams}\n"
            f"  LOUPE_THREADS={chosen.threads}\n"
            f"  LOUPE_MAX_BATCH_SIZE={chosen.batch_size}\n"
            f"  LOUPE_DECODE_THREADS={cpus}"
        )


def choices(bundle: Bundle, device: Device, cpus: int) -> Iterator[Choice]:
    """What is worth trying."""
    if device != "cpu":
        yield from (Choice(Precision.FP32, streams, 1, size) for streams in (1, 2, 3) for size in BATCHES[device])
        return
    shares = dict.fromkeys(((cpus, 1), (max(1, cpus // 2), min(2, cpus)), (1, cpus)))
    for precision in (Precision.FP32, *([Precision.INT8] if bundle.manifest.quantization else [])):
        yield from (Choice(precision, streams, threads, size) for streams, threads in shares for size in BATCHES["cpu"])


def measure(bundle: Bundle, device: Device, choice: Choice, decoders: int, seconds: float) -> Trial:
    """Decode and infer for some seconds."""
    rule = bundle.manifest.preprocessing
    session = OnnxSession(bundle, choice.precision, Runtime(device, choice.threads), choice.batch_size)
    batcher = Batcher(session, rule.size, choice.batch_size, choice.streams, decoders)
    picture = _picture()
    under_way = BoundedSemaphore(decoders + 2 * choice.streams * choice.batch_size)
    failures: list[Exception] = []

    def done(scores: Scores | Exception) -> None:
        under_way.release()
        if isinstance(scores, Exception):
            failures.append(scores)

    def decode() -> None:
        row = batcher.claim()
        decode_into(batcher.pixels[row], picture, rule, 10**9)
        batcher.submit(row, done)

    count = 0
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(decoders) as pool:
        while time.perf_counter() - began < seconds and not failures:
            under_way.acquire()
            pool.submit(decode)
            count += 1
    batcher.close()
    if failures:
        raise failures[0]
    return Trial(choice, count / (time.perf_counter() - began), (time.process_time() - cpu) * 1000 / count)


def best(trials: Sequence[Trial]) -> Trial:
    """The quickest; of those that are nearly as quick, the cheapest; of those, the smallest batches."""
    quickest = max(trial.per_second for trial in trials)
    quick = [trial for trial in trials if trial.per_second >= NEARLY * quickest]
    cheapest = min(trial.cpu_ms for trial in quick)
    return min(
        (trial for trial in quick if trial.cpu_ms * NEARLY <= cheapest), key=lambda trial: trial.choice.batch_size
    )


def _picture() -> bytes:
    """A JPEG with as much detail as a photo: smooth noise."""
    coarse = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize(PICTURE_SIZE, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="loupe_inference tune", description="Finds the best settings for this machine."
    )
    parser.add_argument("bundle", type=Path, help="folder of the model bundle")
    parser.add_argument("--device", choices=tuple(BATCHES), default="cpu")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each trial (default: %(default)s)")
    return parser.parse_args(arguments)
