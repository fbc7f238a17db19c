"""What versions that look on say of the images that were answered.

They are asked while the worker has no job, a batch at a time, so that an image waits for one batch at most. What does
not get its turn is dropped and counted: a comparison needs a sample of what passes, and not all of it.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Self

from loupe_inference.job import Job
from loupe_inference.model import ServedModel
from loupe_inference.serving import Serving
from loupe_inference.stages import Stages
from loupe_shared.domain import ImageRef
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import ShadowBatch
from loupe_shared.ports import Publisher
from loupe_shared.result import Result
from loupe_shared.shadow import Comparison, Said
from loupe_shared.tally import Tally
from loupe_shared.telemetry import metrics

log = logging.getLogger(__name__)

MAX_WAITING = 1024  # images
MESSAGE = 32  # comparisons that are published together


class Answered(NamedTuple):
    """An image, and what was said of it."""

    image: ImageRef
    said: Said

    @property
    def key(self) -> tuple[str, str]:
        """Which version of which image."""
        return self.image.id, self.image.etag


class Shadows:
    """Compares what was answered with what shadow versions say, in a thread of its own while the context is open.

    Args:
        stages: that the images pass through once more. Nobody else's wait for them.
        serving: knows the shadow versions.
        publisher: takes the comparisons.
        batch_size: most images in one inference.
        max_waiting: most images that wait for their turn.

    Attributes:
        compared: comparisons that were published.
        dropped: images and comparisons that were not.
    """

    def __init__(
        self, stages: Stages, serving: Serving, publisher: Publisher, batch_size: int, max_waiting: int = MAX_WAITING
    ) -> None:
        self._stages = stages
        self._serving = serving
        self._publisher = publisher
        self._batch_size = batch_size
        self._max_waiting = max_waiting
        self.compared = Tally()
        self.dropped = Tally()
        self._waiting: deque[Answered] = deque()
        self._jobs = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="shadows", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Compare no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()
        self._drop(len(self._waiting), "the worker ends")

    @contextmanager
    def job(self) -> Iterator[None]:
        """A job in progress, before which shadow versions stand back."""
        with self._changed:
            self._jobs += 1
        try:
            yield
        finally:
            with self._changed:
                self._jobs -= 1
                self._changed.notify_all()

    def offer(self, results: Sequence[Result]) -> None:
        """Let shadow versions, if there are any, look at images that were answered."""
        if not self._serving.has_shadows:
            return
        answered = [_answered(result) for result in results if result.predictions]
        with self._changed:
            room = max(0, self._max_waiting - len(self._waiting))
            self._waiting.extend(answered[:room])
            self._changed.notify_all()
        self._drop(len(answered) - room, "too many wait")

    def _run(self) -> None:
        done: list[Comparison] = []
        while batch := self._take():
            compared = self._try(batch)
            self._drop(len(batch) - len({(one.image.id, one.image.etag) for one in compared}), "they had no answer")
            done += compared
            if len(done) >= MESSAGE or not self._waiting:
                self._publish(done)
                done = []
        self._publish(done)

    def _publish(self, comparisons: Sequence[Comparison]) -> None:
        if not comparisons:
            return
        try:
            self._publisher.publish([ShadowBatch(comparisons=tuple(comparisons))])
        except BrokerUnavailable as error:
            self._drop(len(comparisons), str(error))
        else:
            self.compared.add(len(comparisons))
            metrics.SHADOW_COMPARISONS.labels("published").inc(len(comparisons))

    def _take(self) -> list[Answered]:
        """The next batch, when there is no job; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or (self._waiting and not self._jobs))
            if self._is_closed:
                return []
            return [self._waiting.popleft() for _ in range(min(self._batch_size, len(self._waiting)))]

    def _try(self, batch: Sequence[Answered]) -> list[Comparison]:
        try:
            with self._serving.lineup() as lineup:
                return [comparison for model in lineup.shadows for comparison in self._compare(model, batch)]
        except Exception:
            log.exception("shadow versions could not be asked")  # which is no reason never to ask them again
            return []

    def _compare(self, model: ServedModel, batch: Sequence[Answered]) -> list[Comparison]:
        said = {one.key: one.said for one in batch}
        results = Job([one.image for one in batch], model, self._stages).run().results
        shadows = [(_answered(result), result.completed_at) for result in results if result.predictions]
        return [
            Comparison(model=model.version.name, image=one.image, answered=said[one.key], shadow=one.said, at=at)
            for one, at in shadows
        ]

    def _drop(self, images: int, why: str) -> None:
        if images > 0:
            self.dropped.add(images)
            metrics.SHADOW_COMPARISONS.labels("dropped").inc(images)
            log.info("%d images were not compared, %d in all: %s", images, self.dropped.total, why)


def _answered(result: Result) -> Answered:
    """What a classified result says."""
    if result.model is None:  # only who did not look at an image names no model
        raise AssertionError
    best = result.predictions[0]
    return Answered(result.image, Said(version=result.model.version, label=best.label, score=best.score))
