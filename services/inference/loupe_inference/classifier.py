"""One job from references to results.

Several jobs run at once and only inference is exclusive: while one job is inferred, the next is fetched and decoded.
"""

import logging
import threading
import time
from collections.abc import Iterator

from loupe_inference.explain import heatmap, top_predictions
from loupe_inference.prepare import Prepared, Preparer
from loupe_inference.session import ModelSession
from loupe_shared.bundle import Manifest
from loupe_shared.domain import ImageRef, Outcome, Result, now
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.ports import Outstanding, Publisher

log = logging.getLogger(__name__)


class Classifier:
    """Handles classify jobs. Safe for use from several threads."""

    def __init__(
        self,
        preparer: Preparer,
        session: ModelSession,
        manifest: Manifest,
        publisher: Publisher,
        outstanding: Outstanding,
        max_batch_size: int,
    ) -> None:
        self._preparer = preparer
        self._session = session
        self._labels = manifest.labels
        self._model = manifest.model_version()
        self._publisher = publisher
        self._outstanding = outstanding
        self._max_batch_size = max_batch_size
        self._inferring = threading.Lock()

    def handle(self, job: ClassifyJob) -> ClassifyJob | None:
        """Publish the result of every image of a job, and return those that storage did not give, if any.

        Raises:
            BrokerUnavailable: nothing or a part was published; the whole job may be handled again.
        """
        results: list[Result] = []
        unread: list[ImageRef] = []
        for start in range(0, len(job.images), self._max_batch_size):
            prepared = self._preparer.prepare(job.images[start : start + self._max_batch_size])
            results += prepared.failed
            results += self._infer(prepared)
            unread += prepared.unread
        if results:
            self._publisher.publish([StoreBatch(results=tuple(results))])
        if not unread:
            return None
        self._outstanding.add(unread)  # once more, because they are not lost: they are worked on
        log.warning("storage did not give %d of %d images, which will be tried again", len(unread), len(job.images))
        return ClassifyJob(images=tuple(unread))

    def _infer(self, prepared: Prepared) -> Iterator[Result]:
        if not prepared.ready:
            return
        with self._inferring:
            started = time.perf_counter()
            outputs = self._session.run(prepared.pixels)
            inference_ms = (time.perf_counter() - started) * 1000 / len(prepared.ready)
        # Same length, same order: the contract of ModelSession.run.
        answers = zip(prepared.ready, outputs.probabilities, outputs.activation_map, strict=True)
        for ready, probabilities, activation_map in answers:
            yield Result(
                image=ready.image,
                outcome=Outcome.CLASSIFIED,
                predictions=top_predictions(probabilities, self._labels),
                heatmap=heatmap(activation_map),
                properties=ready.properties,
                model=self._model,
                timings_ms=ready.timings.model_copy(update={"inference": inference_ms}),
                completed_at=now(),
            )
