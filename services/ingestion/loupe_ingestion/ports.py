"""What ingestion alone needs from the outside world."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

PAGE = 32  # the most messages that a storage queue gives at once


class SequencerLedger(Protocol):
    """Remembers for a while how far each image's events have come. Forgetting costs double work, nothing else."""

    def known(self, image_ids: Collection[str]) -> dict[str, str]:
        """The greatest order (``ImageRef.order``) seen of each image that is remembered.

        Raises:
            BrokerUnavailable: the ledger does not answer.
        """

    def advance(self, orders: Mapping[str, str]) -> None:
        """Remember the order of each image, unless a greater one is known.

        Raises:
            BrokerUnavailable: the ledger does not answer.
        """


@dataclass(frozen=True)
class QueuedMessage:
    """A message that was taken from a queue and is hidden from others until it is removed or times out."""

    id: str
    receipt: str
    content: str
    deliveries: int


class EventQueue(Protocol):
    """The queue that Event Grid delivers to, and its poison queue.

    Every method raises ``StorageUnavailable`` when the queue does not answer.
    """

    def receive(self, limit: int) -> list[QueuedMessage]:
        """Take up to so many of the messages that are there."""

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Acknowledge messages. Those that timed out meanwhile, and are someone else's now, are left alone."""

    def poison(self, content: str, reason: str) -> None:
        """Set a message aside for a person, with the reason."""

    def count(self) -> int:
        """How many messages there are, roughly, also those that somebody has taken."""

    def check(self) -> None:
        """Return if the queue answers."""
