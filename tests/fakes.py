"""Neighbours that do as a test tells them."""

from collections.abc import Sequence

from loupe_ingestion.ports import QueuedMessage
from loupe_shared.adapters.memory import MemoryPublisher
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import Message


class FragilePublisher(MemoryPublisher):
    """A broker that can be away."""

    away = False

    def publish(self, messages: Sequence[Message]) -> None:
        """Fail, or not."""
        if self.away:
            raise BrokerUnavailable("the broker is away")
        super().publish(messages)


class MemoryQueue:
    """An event queue whose messages stay until they are removed."""

    def __init__(self, *contents: str, deliveries: int = 1) -> None:
        self.waiting = [QueuedMessage(str(n), "r", content, deliveries) for n, content in enumerate(contents)]
        self.poisoned: list[tuple[str, str]] = []

    def receive(self, limit: int) -> list[QueuedMessage]:
        """The first of them."""
        return self.waiting[:limit]

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Forget these."""
        self.waiting = [m for m in self.waiting if m not in messages]

    def poison(self, content: str, reason: str) -> None:
        """Remember the reason."""
        self.poisoned.append((content, reason))

    def check(self) -> None:
        """Always well."""
