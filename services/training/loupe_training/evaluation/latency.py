"""How long a graph takes for one image, so that versions can be compared wherever they were trained."""

import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime

from loupe_shared.bundle import Bundle
from loupe_shared.card import Latency
from loupe_training.evaluation.answers import OUTPUTS

WARM_UP, RUNS = 3, 20


def latency_of(bundle: Bundle) -> Latency | None:
    """The median time that the graph takes for one image, alone and in one thread.

    It is the CPU time of that thread: what others do on the machine meanwhile does not count.

    Returns:
        None if the processor does not tell its name, so that nobody could say which figures may be compared.
    """
    processor = processor_name()
    if processor is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(bundle.model_path()), options, providers=["CPUExecutionProvider"])
    size = bundle.manifest.preprocessing.size
    image = {"images": np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)}

    def milliseconds() -> float:
        began = time.thread_time()
        session.run(OUTPUTS, image)
        return 1000 * (time.thread_time() - began)

    for _ in range(WARM_UP):
        milliseconds()
    median = float(np.median([milliseconds() for _ in range(RUNS)]))
    return Latency(
        milliseconds=round(median, 3), machine=f"{processor}, 1 thread, ONNX Runtime {version('onnxruntime')}"
    )


def processor_name(listing: Path = Path("/proc/cpuinfo")) -> str | None:
    """What the processor calls itself. Only Linux on x86-64 tells more than the kind of its instructions."""
    if platform.system() != "Linux":
        return None
    lines = listing.read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
