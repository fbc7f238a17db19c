"""Celery over Redis or Valkey: the application, its queues, and the publisher."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import redis
from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError, OperationalError

from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import JOB_QUEUES, Message, ShadowBatch, StoreBatch
from loupe_shared.settings import BrokerSettings, QueueSettings
from loupe_shared.telemetry import metrics, tracing

# How Celery's own logs and monitors show a message. By default Celery writes out a kilobyte of it for them.
UNSHOWN = {"argsrepr": "()", "kwargsrepr": "{...}"}

# The braces make one hash slot of all keys, without which Celery fails on a clustered Redis.
KEY_PREFIX = "{loupe}:"
QUEUES = (*JOB_QUEUES, StoreBatch.queue)

# For those who only look on: nobody should wait for them for long.
LOOK_TIMEOUT_S = 5.0


def task_name(task: str) -> str:
    """The Celery task that a type's messages are for."""
    return f"loupe.{task}"


def dead_letter_queue(queue: str) -> str:
    """Where messages go that can never be handled, with reason and time. Nobody consumes it: a person looks."""
    return f"{queue}-dead"


def unacked_key(queue: str) -> str:
    """The hash of the messages of a queue that workers have taken and not acknowledged, without the prefix of keys."""
    return f"unacked-{queue}"


def make_celery(settings: QueueSettings, consumes: str | None = None) -> Celery:
    """A Celery application of this process alone.

    Args:
        settings: the broker.
        consumes: the queue whose messages this process will handle. It has its own record of unacknowledged
            messages, so that the work in progress of each queue can be counted.
    """
    app = Celery("loupe", broker=settings.broker_url.get_secret_value(), set_as_current=False)
    timeout = settings.visibility_timeout_s
    transport: dict[str, object] = {
        "global_keyprefix": KEY_PREFIX,
        "visibility_timeout": timeout,
        "unacked_restore_interval": min(10, max(1, timeout // 5)),
        "unacked_restore_throttle": 1,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
    if consumes:
        transport |= {
            "unacked_key": unacked_key(consumes),
            "unacked_index_key": f"unacked-index-{consumes}",
            "unacked_mutex_key": f"unacked-mutex-{consumes}",
        }
    names = [name for queue in QUEUES for name in (queue, dead_letter_queue(queue))]
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        broker_transport_options=transport,
        broker_connection_retry_on_startup=True,
        # A worker that loses the broker ends, and whoever supervises it starts it again. To go on in the same process,
        # kombu 5.7 first gives back what the worker holds, over the lost connection, and fails at that in several ways.
        broker_connection_retry=False,
        task_queues=[Queue(name, Exchange("loupe", type="direct"), routing_key=name) for name in names],
        task_create_missing_queues=False,
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # Messages that wait to be tried again do not count as prefetched: without a limit one worker takes them all.
        worker_eta_task_limit=16,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


def connect(settings: BrokerSettings, *, as_text: bool = True, timeout_s: float = 30.0) -> redis.Redis:
    """A plain client of the broker, for what is kept there beside the queues; its answers are text, or else bytes."""
    url = settings.broker_url.get_secret_value()
    return redis.Redis.from_url(url, decode_responses=as_text, socket_timeout=timeout_s, socket_connect_timeout=5)


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turn a plain client's errors into ``BrokerUnavailable``, in which ``what`` does not answer."""
    try:
        yield
    except redis.RedisError as error:
        raise BrokerUnavailable(f"{what} does not answer: {error}") from error


class CeleryPublisher:
    """``Publisher`` over Celery. The messages of one call travel in pipelined writes."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def publish(self, messages: Sequence[Message]) -> None:
        """See ``Publisher.publish``."""
        if not messages:
            return
        try:
            with self._app.producer_pool.acquire(block=True) as producer, producer.batch(500):
                for message in messages:
                    with _addressed(message) as sent:
                        self._app.send_task(
                            task_name(message.task),
                            kwargs={"message": sent.to_json()},
                            queue=message.queue,
                            producer=producer,
                            retry=False,
                            **UNSHOWN,
                        )
        except (OperationalError, KombuError, redis.RedisError, OSError) as error:
            raise BrokerUnavailable(f"the broker did not take {len(messages)} messages: {error}") from error
        for message in messages:
            if not isinstance(message, ShadowBatch):  # whose images were counted with their results
                metrics.IMAGES_PUBLISHED.labels(message.queue).inc(message.size)

    def check(self) -> None:
        """See ``Publisher.check``."""
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=5)
        except (OperationalError, KombuError, redis.RedisError, OSError) as error:
            raise BrokerUnavailable(f"the broker does not answer: {error}") from error


@contextmanager
def _addressed(message: Message) -> Iterator[Message]:
    """A message as it travels: whoever handles it goes on with the trace of who publishes it."""
    links = [message.traceparent] if message.traceparent else []  # it was in a queue before
    attributes = tracing.message_attributes(message.queue, "send", message.size)
    with tracing.span(f"publish {message.queue}", "producer", attributes, links=links) as span:
        yield message.model_copy(update={"traceparent": span.traceparent}) if span.traceparent else message
