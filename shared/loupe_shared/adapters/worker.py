"""A Celery worker of Loupe: which messages it takes, and what becomes of each.

    handled                   acknowledged
    handled in part           acknowledged; the rest is put back with a growing delay, for ever
    TransientError            put back with a growing delay, for ever: nothing is dropped because something is down
    any other exception       put back a few times, then split, then moved to the dead-letter queue with its reason
    malformed content         moved to the dead-letter queue with its reason
    worker dies meanwhile     given to another worker after the visibility timeout

An acknowledgement comes last, so every message is handled at least once and handlers are idempotent.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from celery import Celery, Task, signals
from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from loupe_shared.adapters.broker import dead_letter_queue, task_name
from loupe_shared.domain import now
from loupe_shared.errors import BrokerUnavailable, ConfigurationError, PermanentError, TransientError
from loupe_shared.messages import ClassifyJob, ShadowBatch, StoreBatch
from loupe_shared.telemetry import metrics, tracing

log = logging.getLogger(__name__)

MAX_FAILURES = 3
MAX_DELAY_S = 30
HEARTBEAT_S = 5.0

M = TypeVar("M", ClassifyJob, StoreBatch, ShadowBatch)


def consume(app: Celery, message_type: type[M], handle: Callable[[M], M | None], give_up: Callable[[M], None]) -> None:
    """Let the application's worker handle the messages of a type.

    Args:
        app: the application.
        message_type: of the messages.
        handle: does what a message asks for, and returns what is left to do.
        give_up: is told of a message that was set aside because it can never be handled.
    """

    def task(self: Task[Any, Any], message: object, failures: int = 0) -> None:
        try:
            _process(self, message, failures, message_type, handle, give_up)
        except (Reject, OperationalError, BrokerUnavailable) as error:
            # The message could be neither handled nor put back nor set aside. Celery's own Reject would drop it.
            raise Reject(error, requeue=True) from error

    app.task(name=task_name(message_type.task), bind=True, max_retries=None, shared=False)(task)


def _process(
    task: Task[Any, Any],
    message: object,
    failures: int,
    message_type: type[M],
    handle: Callable[[M], M | None],
    give_up: Callable[[M], None],
) -> None:
    queue = message_type.queue
    try:
        parsed = message_type.from_json(message)
    except ValidationError as error:
        _bury(task, queue, message, f"malformed: {error}")
        return
    attributes = tracing.message_attributes(queue, "process", parsed.size)
    with tracing.span(f"process {queue}", "consumer", attributes, parent=parsed.traceparent):
        _handle(task, message, failures, parsed, handle, give_up)


def _handle(
    task: Task[Any, Any],
    message: object,
    failures: int,
    parsed: M,
    handle: Callable[[M], M | None],
    give_up: Callable[[M], None],
) -> None:
    queue, delay_s = parsed.queue, _delay_s(task.app, task.request.retries)
    try:
        rest = handle(parsed)
    except TransientError as error:
        log.warning("put back: %s", error)
        _count(queue, "retried")
        raise task.retry(countdown=delay_s) from error
    except Exception as error:
        log.exception("a message could not be handled")
        if not isinstance(error, PermanentError) and failures < MAX_FAILURES:
            _count(queue, "retried")
            raise task.retry(kwargs={"message": message, "failures": failures + 1}, countdown=delay_s) from error
        parts = parsed.split()
        if len(parts) > 1:  # whatever is wrong is wrong with one of them
            for part in parts:
                task.apply_async(kwargs={"message": part.to_json()}, queue=queue)
            _count(queue, "split")
            return
        _bury(task, queue, message, f"{type(error).__name__}: {error}")
        give_up(parsed)
        return
    if rest is not None:
        _count(queue, "retried")
        raise task.retry(kwargs={"message": rest.to_json()}, countdown=delay_s)
    _count(queue, "handled")


def _count(queue: str, ending: str) -> None:
    metrics.MESSAGES.labels(queue, ending).inc()


def _delay_s(app: Celery, retries: int) -> float:
    """Grows with the retries, and stays below the visibility timeout: a worker holds the message while it waits."""
    visibility_timeout_s: int = app.conf.broker_transport_options["visibility_timeout"]
    return min(MAX_DELAY_S, visibility_timeout_s / 4, 1 << min(retries, 10))


def _bury(task: Task[Any, Any], queue: str, message: object, reason: str) -> None:
    dead = dead_letter_queue(queue)
    log.error("moved to %s: %s", dead, reason)
    letter = {"message": message, "reason": reason, "at": now().isoformat()}
    task.app.send_task("loupe.dead-letter", kwargs=letter, queue=dead)
    _count(queue, "buried")


def serve(app: Celery, queue: str, concurrency: int, heartbeat: Path | None) -> int:
    """Work until SIGTERM or SIGINT, then finish the running tasks. Returns the exit code."""
    signals.setup_logging.connect(_keep_logging)
    for chatter in ("celery.worker.strategy", "celery.app.trace"):  # that a message came and went, of every message
        logging.getLogger(chatter).setLevel(logging.WARNING)
    if heartbeat:
        _beat(heartbeat)
    worker = app.Worker(
        pool="threads",  # one process, one model; the event loop stays free to answer probes and to restore jobs
        concurrency=concurrency,
        queues=[queue],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    try:
        worker.start()
    finally:
        if heartbeat:
            heartbeat.unlink(missing_ok=True)
    return int(worker.exitcode or 0)


def _keep_logging(**_: object) -> None:
    """Connected to the signal whose receivers, if any, replace Celery's own set-up of logging."""


def _beat(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"LOUPE_HEARTBEAT_FILE cannot be written: {error}") from error

    def ready(sender: Any, **_: object) -> None:  # noqa: ANN401  (Celery's consumer has no type)
        file.touch()
        sender.timer.call_repeatedly(HEARTBEAT_S, file.touch)

    signals.worker_ready.connect(ready, weak=False)
