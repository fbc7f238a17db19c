"""The yardsticks: decoding and inferring pictures in memory, and nothing else. Each runs in a process of its own.

    python -m bench.loops bare|reference BUNDLE PRECISION BATCH_SIZE THREADS <PATHS_OF_PICTURES

``bare`` is what of Loupe's work cannot be avoided: its own decoding and its own session, in a loop. ``reference`` is
the obvious way to do it: Pillow, its reduced decoding, its bicubic filter, and ONNX Runtime with one thread.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from loupe_inference.runtime import Runtime
from loupe_inference.session import INPUT, Floats, OnnxSession
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Pixels, Preprocessing, decode_into
from loupe_shared.result import Precision

MAX_PIXELS = 10**9

Decode = Callable[[Pixels, bytes], object]
Infer = Callable[[Pixels], Floats]


@dataclass(frozen=True)
class Loop:
    """A way to do it.

    Attributes:
        decode: puts a picture into its place in a batch, ``uint8[size, size, 3]``.
        infer: from ``uint8[N, size, size, 3]`` to probabilities, ``float32[N, labels]``.
    """

    decode: Decode
    infer: Infer


def bare(bundle: Bundle, precision: Precision, threads: int, batch_size: int) -> Loop:
    """Loupe's own way."""
    session = OnnxSession(bundle, precision, Runtime(threads=threads), batch_size)
    rule = bundle.manifest.preprocessing
    return Loop(
        lambda place, data: decode_into(place, data, rule, MAX_PIXELS), lambda batch: session.run(batch).probabilities
    )


def reference(bundle: Bundle, precision: Precision, threads: int, _: int) -> Loop:
    """The obvious way."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = str(bundle.model_path(precision))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    rule = bundle.manifest.preprocessing
    return Loop(
        lambda place, data: decode_with_pillow(place, data, rule),
        lambda batch: session.run(["probabilities"], {INPUT: batch})[0],
    )


def decode_with_pillow(place: Pixels, data: bytes, rule: Preprocessing) -> None:
    """The centre of a picture at the model's size, as every example of Pillow has it."""
    edge = round(rule.size / rule.crop)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (edge, edge))
        rgb = image.convert("RGB")
    left, top, kept = rule.kept_box(*rgb.size)
    box = (left, top, left + kept, top + kept)
    place[...] = np.asarray(rgb.resize((rule.size, rule.size), Image.Resampling.BICUBIC, box=box))


@dataclass(frozen=True)
class Took:
    """What a loop took.

    Attributes:
        decode_cpu_s: CPU for decoding.
        inference_cpu_s: CPU for inference, of all threads.
        best: place of the most probable label of each picture among the labels.
    """

    wall_s: float
    decode_cpu_s: float
    inference_cpu_s: float
    best: list[int]


def run(loop: Loop, pictures: Sequence[bytes], size: int, batch_size: int) -> Took:
    """Decode and infer all, batch after batch."""
    best: list[int] = []
    decode_s = inference_s = 0.0
    _batch(loop, pictures[:batch_size], size)  # the first time, buffers are made
    started = time.perf_counter()
    for start in range(0, len(pictures), batch_size):
        decoded_s, inferred_s, probabilities = _batch(loop, pictures[start : start + batch_size], size)
        decode_s += decoded_s
        inference_s += inferred_s
        best += probabilities.argmax(axis=1).tolist()
    return Took(time.perf_counter() - started, decode_s, inference_s, best)


def _batch(loop: Loop, pictures: Sequence[bytes], size: int) -> tuple[float, float, Floats]:
    began = time.process_time()
    batch: Pixels = np.empty((len(pictures), size, size, 3), np.uint8)
    for place, data in zip(batch, pictures, strict=True):
        loop.decode(place, data)
    decoded = time.process_time()
    probabilities = loop.infer(batch)
    return decoded - began, time.process_time() - decoded, probabilities


def main() -> None:
    """Run one, and write what it took as JSON to standard output."""
    kind, folder, precision, batch_size, threads = sys.argv[1:]
    bundle = Bundle.load(Path(folder))
    make = {"bare": bare, "reference": reference}[kind]
    loop = make(bundle, Precision(precision), int(threads), int(batch_size))
    pictures = [Path(path).read_bytes() for path in sys.stdin.read().splitlines()]
    took = run(loop, pictures, bundle.manifest.preprocessing.size, int(batch_size))
    json.dump(asdict(took) | {"labels": [bundle.manifest.labels[place] for place in took.best]}, sys.stdout)


if __name__ == "__main__":
    main()
