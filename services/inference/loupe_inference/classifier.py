"""Classify jobs in, store batches out."""

import logging
from concurrent.futures import ThreadPoolExecutor

from loupe_inference import observed
from loupe_inference.embedded import answered_from_embeddings
from loupe_inference.job import Job, Outcomes
from loupe_inference.lineup import Lineup
from loupe_inference.serving import Serving
from loupe_inference.shadows import Shadows
from loupe_inference.stages import Stages
from loupe_shared.messages import ClassifyJob, StoreBatch
from loupe_shared.ports import Outstanding, Publisher
from loupe_shared.tally import Tally
from loupe_shared.telemetry import tracing

log = logging.getLogger(__name__)


class Classifier:
    """Handles classify jobs. Safe for use from several threads: jobs that run at once share decoders and batches.

    Args:
        stages: that the images pass through.
        serving: the models that answer.
        publisher: takes the results.
        outstanding: is told of what is to be tried again.
        shadows: are shown what was answered.

    Attributes:
        tally: of images whose results were published.
    """

    def __init__(
        self,
        stages: Stages,
        serving: Serving,
        publisher: Publisher,
        outstanding: Outstanding,
        shadows: Shadows,
    ) -> None:
        self._stages = stages
        self._serving = serving
        self._publisher = publisher
        self._outstanding = outstanding
        self._shadows = shadows
        self.tally = Tally()

    def handle(self, job: ClassifyJob) -> ClassifyJob | None:
        """Publish the result of every image of a job, and return those that storage did not give, if any.

        Raises:
            BrokerUnavailable: nothing or a part was published; the whole job may be handled again.
        """
        with self._shadows.job():
            return self._handle(job)

    def _handle(self, job: ClassifyJob) -> ClassifyJob | None:
        with self._serving.lineup() as lineup, tracing.span("classify") as span:
            outcomes = self._classify(job, lineup)
            if span:
                span.note(observed.attributes(outcomes))
        if outcomes.results:
            self._publisher.publish([StoreBatch(results=tuple(outcomes.results))])
            observed.count(outcomes)
            self.tally.add(len(outcomes.results))
            self._shadows.offer(outcomes.results)
        log.info("%d images, %d of them known by their bytes", len(job.images), outcomes.recalled)
        if not outcomes.unread:
            return None
        self._outstanding.add(outcomes.unread, job.queue)  # once more, because they are not lost: they are worked on
        log.warning(
            "%d of %d images were not to be had, and will be tried again", len(outcomes.unread), len(job.images)
        )
        return job.of(tuple(outcomes.unread))

    def _classify(self, job: ClassifyJob, lineup: Lineup) -> Outcomes:
        """What becomes of images; those of different versions are jobs of their own, at the same time."""
        outcomes, jobs = Outcomes(), []
        for model, part in lineup.split(job.images):
            answered = answered_from_embeddings(model, part, job.embeddings)
            outcomes.results += answered
            ids = {result.image.id for result in answered}
            if left := [image for image in part if image.id not in ids]:
                jobs.append(Job(left, model, self._stages))
        if len(jobs) == 1:
            outcomes.add(jobs[0].run())
        elif jobs:
            with ThreadPoolExecutor(len(jobs), thread_name_prefix="part") as pool:
                for others in pool.map(Job.run, jobs):
                    outcomes.add(others)
        return outcomes
