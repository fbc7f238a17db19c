"""What the metrics say of the pipeline as a whole, which is looked up when somebody asks for them."""

from loupe_query.operate.poison_queue import PoisonLetters
from loupe_shared.api.operate import Source
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable, StorageUnavailable
from loupe_shared.pipeline import Lane, QueueDepth
from loupe_shared.ports import Queues
from loupe_shared.telemetry import metrics
from loupe_shared.telemetry.exposition import Look

_OF_QUEUES = (metrics.QUEUE_JOBS, metrics.QUEUE_OPEN_JOBS, metrics.OUTSTANDING_IMAGES, metrics.OLDEST_OUTSTANDING)


def queue_look(queues: Queues) -> Look:
    """Sets the gauges of the broker's queues. While nobody knows, there are none but the one that says so."""

    def look() -> None:
        try:
            backlog, lanes = queues.backlog(), queues.lanes()
        except BrokerUnavailable:
            metrics.BROKER_UP.set(0)
            for gauge in _OF_QUEUES:
                gauge.clear()
            _forget(*(source for source in Source if source is not Source.EVENTS))
            raise
        metrics.BROKER_UP.set(1)
        for depth in backlog.queues:
            _show_queue(depth)
        for lane in lanes:
            _show_lane(lane)

    return look


def letter_look(letters: PoisonLetters) -> Look:
    """Sets the gauge of the events that were set aside."""

    def look() -> None:
        try:
            metrics.DEAD_LETTERS.labels(letters.source).set(letters.count())
        except StorageUnavailable:
            _forget(letters.source)
            raise

    return look


def _show_queue(depth: QueueDepth) -> None:
    metrics.QUEUE_JOBS.labels(depth.name, "waiting").set(depth.waiting)
    metrics.QUEUE_JOBS.labels(depth.name, "running").set(depth.running)
    metrics.QUEUE_JOBS.labels(depth.name, "dead").set(depth.dead)
    metrics.QUEUE_OPEN_JOBS.labels(depth.name).set(depth.waiting + depth.running)
    metrics.DEAD_LETTERS.labels(depth.name).set(depth.dead)


def _show_lane(lane: Lane) -> None:
    metrics.OUTSTANDING_IMAGES.labels(lane.queue).set(lane.outstanding)
    age_s = (now() - lane.oldest_at).total_seconds() if lane.oldest_at else 0.0
    metrics.OLDEST_OUTSTANDING.labels(lane.queue).set(max(0.0, age_s))


def _forget(*sources: Source) -> None:
    for source in sources:
        metrics.DEAD_LETTERS.remove_by_labels({"source": str(source)})
