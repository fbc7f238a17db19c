"""The consumer of the storage queue: take, read, hand over, acknowledge."""

import logging
import threading
import time
from collections.abc import Sequence

from loupe_ingestion.events import BlobEvent, read_message
from loupe_ingestion.handler import EventHandler
from loupe_ingestion.ports import PAGE, EventQueue, QueuedMessage
from loupe_shared.errors import InvalidMessage, TransientError
from loupe_shared.telemetry import metrics, tracing

log = logging.getLogger(__name__)

MAX_BACKOFF_S = 10.0
PAGES = 4  # taken at once while pages are full, so that what does not grow with the events is done for many


class Consumer:
    """Takes events from the queue until told to stop.

    Args:
        queue: where events come from.
        handler: where they go.
        poll_interval_s: wait after less than a full page, in which events gather into larger jobs.
        max_deliveries: of one message without success, after which it is handled alone, and poison if it fails.
        rescue_after_s: age of an image without an outcome from which it is taken for lost, if nothing waits.
    """

    def __init__(
        self,
        queue: EventQueue,
        handler: EventHandler,
        poll_interval_s: float,
        max_deliveries: int,
        rescue_after_s: float,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._poll_interval_s = poll_interval_s
        self._max_deliveries = max_deliveries
        self._rescue_after_s = rescue_after_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consumer")

    def start(self) -> None:
        """Begin to take events, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the events in hand, then return. May be called again, or without a start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def poll(self, limit: int = PAGE) -> int:
        """Handle what is in the queue now, up to so many messages. Returns how many were taken.

        Raises:
            TransientError: messages that were taken will come back.
        """
        messages = self._queue.receive(limit)
        if messages:
            with tracing.span("process events", "consumer", {"messaging.batch.message_count": len(messages)}):
                self._handle(messages)
        return len(messages)

    def _handle(self, messages: Sequence[QueuedMessage]) -> None:
        overdue = [message for message in messages if message.deliveries > self._max_deliveries]
        for message in overdue:
            self._handle_alone(message)
        others = [message for message in messages if message not in overdue]
        events: list[BlobEvent] = []
        for message in others:
            events += self._read(message)
        self._handler.handle(events)
        self._queue.remove(others)

    def _read(self, message: QueuedMessage) -> list[BlobEvent]:
        try:
            return read_message(message.content)
        except InvalidMessage as error:
            self._poison(message, str(error))
            return []

    def _handle_alone(self, message: QueuedMessage) -> None:
        """A message that came too often is poison, unless it only waits for something that is down."""
        try:
            self._handler.handle(self._read(message))
        except TransientError:
            raise
        except Exception as error:
            log.exception("a message cannot be handled")
            self._poison(message, f"delivered {message.deliveries} times without success: {error!r}")
        self._queue.remove([message])

    def _poison(self, message: QueuedMessage, reason: str) -> None:
        log.warning("a message was moved to the poison queue: %s", reason)
        self._queue.poison(message.content, reason)
        metrics.EVENTS.labels("poisoned").inc()

    def _run(self) -> None:
        taken, failures, rescued_at = 0, 0, time.monotonic()
        while not self._stopped.is_set():
            try:
                # Not to take messages while the broker is away keeps their count of deliveries low.
                if failures:
                    self._handler.check()
                taken = self.poll(PAGE if taken < PAGE else PAGE * PAGES)
                if time.monotonic() - rescued_at > self._rescue_after_s / 2:
                    rescued_at = time.monotonic()
                    self._handler.rescue(self._rescue_after_s)
                failures = 0
            except TransientError as error:
                failures += 1
                log.warning("will try again: %s", error)
            except Exception:
                failures += 1
                log.exception("events could not be handled and will come back")
            if failures:
                taken = 0
                self._stopped.wait(min(MAX_BACKOFF_S, 0.5 * 2 ** min(failures, 10)))
            elif taken < PAGE:
                self._stopped.wait(self._poll_interval_s)
