"""Batches from the decoded images of all jobs.

Decoders claim a row of a preallocated array, fill it and submit it. Streams, which are threads, take as many filled
rows as there are, up to a whole batch, and infer them. So the session never waits while there is a decoded image,
batches fill up under load, and an image alone waits for nobody. When all rows are taken, decoders wait: memory is
bounded.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from loupe_inference.session import Floats, ModelSession
from loupe_shared.preprocess import Pixels
from loupe_shared.telemetry.metrics import BATCH_IMAGES


@dataclass(frozen=True)
class Scores:
    """What a model says of one image.

    Attributes:
        probabilities: ``float32[labels]``.
        embedding: ``float32[embedding_size]``.
        activation_map: ``float32[rows, columns]``, of the most probable label.
        inference_ms: the batch's time divided by its images.
    """

    probabilities: Floats
    embedding: Floats
    activation_map: Floats
    inference_ms: float


Scored = Callable[[Scores | Exception], None]


class Batcher:
    """Infers images in batches of one model. Safe for use from several threads.

    Args:
        session: the model.
        size: edge of its pictures, in pixels.
        max_batch_size: most images in one inference.
        streams: inferences at once.
        writers: threads that fill rows. Each may hold one while the streams have all they can take.
    """

    def __init__(self, session: ModelSession, size: int, max_batch_size: int, streams: int, writers: int) -> None:
        self._session = session
        self._max_batch_size = max_batch_size
        rows = writers + (streams + 1) * max_batch_size
        self.pixels: Pixels = np.empty((rows, size, size, 3), np.uint8)
        self._free: SimpleQueue[int] = SimpleQueue()
        for row in range(rows):
            self._free.put(row)
        self._filled: deque[tuple[int, Scored]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.streams = [threading.Thread(target=self._run, name=f"stream-{n}", daemon=True) for n in range(streams)]
        for stream in self.streams:
            stream.start()

    def claim(self) -> int:
        """A row of ``pixels`` to fill. Waits for one if there is none."""
        return self._free.get()

    def release(self, row: int) -> None:
        """Give back a row that was claimed and will not be submitted."""
        self._free.put(row)

    def submit(self, row: int, scored: Scored) -> None:
        """Infer a filled row. ``scored`` is called from another thread, with what the model says or what went wrong."""
        with self._changed:
            self._filled.append((row, scored))
            self._changed.notify()

    def close(self) -> None:
        """End the streams when everything that was submitted is inferred."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for stream in self.streams:
            stream.join()

    def _run(self) -> None:
        while batch := self._take():
            rows = [row for row, _ in batch]
            pixels = self.pixels[rows]  # a copy: a hundredth of the time of the fastest model
            for row in rows:
                self.release(row)
            started = time.perf_counter()
            try:
                outputs = self._session.run(pixels)
            except Exception as error:  # noqa: BLE001  (it is handed to the jobs, which know what to do)
                for _, scored in batch:
                    scored(error)
                continue
            BATCH_IMAGES.observe(len(batch))
            inference_ms = (time.perf_counter() - started) * 1000 / len(batch)
            # Same length, same order: the contract of ModelSession.run.
            answers = zip(batch, outputs.probabilities, outputs.embedding, outputs.activation_map, strict=True)
            for (_, scored), probabilities, embedding, activation_map in answers:
                scored(Scores(probabilities, embedding, activation_map, inference_ms))

    def _take(self) -> list[tuple[int, Scored]]:
        """The next batch; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._filled or self._closed)
            return [self._filled.popleft() for _ in range(min(len(self._filled), self._max_batch_size))]
