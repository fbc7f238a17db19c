"""The same model behind a server of models: a JPEG in, its label out.

    python -m bench.model_server PORT BUNDLE

LitServe gathers requests into batches. Decoding and session are those of the reference loop.
"""

import sys
from pathlib import Path

import litserve
import numpy as np

from bench.loops import Loop, reference
from loupe_inference.cpus import available_cpus
from loupe_local.ports import LOOPBACK
from loupe_shared.bundle import Bundle
from loupe_shared.preprocess import Pixels
from loupe_shared.result import Precision

BATCH_SIZE = 16
BATCH_WAIT_S = 0.02


class Classify(litserve.LitAPI):  # type: ignore[misc]  # LitServe is in .venv-bench only
    """What LitServe asks for."""

    def __init__(self, folder: Path, batch_size: int) -> None:
        super().__init__(max_batch_size=batch_size, batch_timeout=BATCH_WAIT_S)
        self._folder = folder

    def setup(self, _: str) -> None:
        """Load the model, in the worker's process."""
        bundle = Bundle.load(self._folder)
        self._loop: Loop = reference(bundle, Precision.FP32, available_cpus(), self.max_batch_size)
        self._labels = bundle.manifest.labels
        self._size = bundle.manifest.preprocessing.size

    def decode_request(self, request: litserve.Request) -> Pixels:
        """The picture in a form. LitServe asks for this type, and gives what it has read from the form."""
        pixels: Pixels = np.empty((self._size, self._size, 3), np.uint8)
        self._loop.decode(pixels, request["image"].file.read())
        return pixels

    def predict(self, batch: Pixels) -> list[int]:
        """``uint8[N, size, size, 3]``, stacked by LitServe, to the place of each one's label."""
        best: list[int] = self._loop.infer(batch).argmax(axis=1).tolist()
        return best

    def encode_response(self, best: int) -> dict[str, str]:
        """Its label."""
        return {"label": self._labels[best]}


def main() -> None:
    """Serve until the process is ended."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    api = Classify(folder, BATCH_SIZE)
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host=LOOPBACK, port=port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
