"""How images get to be classified, whoever finds that they are there: what is due, and how it is published."""

import logging
from collections.abc import Callable, Sequence

from loupe_shared.domain import ImageRef, Outcome, Reason, now
from loupe_shared.messages import ClassifyJob, StoreBatch, StoredEmbedding
from loupe_shared.ports import Outstanding, Publisher
from loupe_shared.result import Result
from loupe_shared.telemetry import metrics

log = logging.getLogger(__name__)

# What uploaders send when they do not say what it is.
UNSPECIFIC_TYPES = ("", "application/octet-stream", "binary/octet-stream")


class Dispatch:
    """Publishes what is due. Safe for use from several threads.

    Args:
        publisher: where jobs and results go.
        outstanding: knows what has no outcome yet.
        job_size: most images in one job, and most results in one batch.
        job_type: of the jobs, which decides whose workers take them.
        known: gives the embeddings by which some of the images of a job may be answered. It raises ``TransientError``.
    """

    def __init__(
        self,
        publisher: Publisher,
        outstanding: Outstanding,
        job_size: int,
        job_type: type[ClassifyJob] = ClassifyJob,
        known: Callable[[Sequence[ImageRef]], tuple[StoredEmbedding, ...]] = lambda _: (),
    ) -> None:
        self._publisher = publisher
        self._outstanding = outstanding
        self._job_size = job_size
        self._job_type = job_type
        self._known = known

    def publish(self, due: Sequence[ImageRef | Result]) -> None:
        """Write down what is due, then publish it.

        Raises:
            BrokerUnavailable: some or nothing was published; all may be published again.
            TransientError: nothing was published, because ``known`` gave nothing.
        """
        images = [one for one in due if isinstance(one, ImageRef)]
        results = [one for one in due if isinstance(one, Result)]
        size = self._job_size
        parts = [tuple(images[start : start + size]) for start in range(0, len(images), size)]
        jobs = [self._job_type(images=part, embeddings=self._known(part)) for part in parts]
        batches = [StoreBatch(results=tuple(results[start : start + size])) for start in range(0, len(results), size)]
        self._outstanding.add(due, self._job_type.queue)
        self._publisher.publish([*jobs, *batches])

    def rescue(self, after_s: float) -> int:
        """Publish again what was lost in the broker; return how much that was.

        Args:
            after_s: see ``Outstanding.lost``.

        Raises:
            BrokerUnavailable: nothing is known of it.
        """
        queue = self._job_type.queue
        lost = self._outstanding.lost(after_s, queue)
        if lost:
            log.warning("%d images are neither in %s nor have an outcome: they are published again", len(lost), queue)
            self.publish(lost)
            metrics.IMAGES_RESCUED.inc(len(lost))
        return len(lost)


def due_of(image: ImageRef, content_type: str) -> ImageRef | Result:
    """What is due of a version that is there: the image, to be classified, or its outcome if that is clear already."""
    if _may_be_image(content_type):
        return image
    detail = f"its content type is {content_type[:100]}: upload images as image/… or application/octet-stream"
    return Result(image=image, outcome=Outcome.REJECTED, reason=Reason.NOT_AN_IMAGE, detail=detail, completed_at=now())


def deletion_of(image: ImageRef) -> Result:
    """The outcome of a version that is there no more."""
    return Result(image=image, outcome=Outcome.DELETED, completed_at=now())


def _may_be_image(content_type: str) -> bool:
    return content_type.lower().startswith("image/") or content_type.lower() in UNSPECIFIC_TYPES
