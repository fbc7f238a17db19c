"""Neighbours that do as a test tells them."""

import threading
from collections.abc import Sequence

import numpy as np

from loupe_inference.session import Outputs
from loupe_ingestion.ports import QueuedMessage
from loupe_shared.adapters.memory import MemoryPublisher
from loupe_shared.errors import BrokerUnavailable
from loupe_shared.messages import Message
from loupe_shared.pipeline import Backlog, Lane, QueueDepth
from loupe_shared.preprocess import Pixels

COLORS = ("red", "lime", "blue")


class ColorSession:
    """A model that tells which of three colors an image has. Remembers the size of its batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Pixels) -> Outputs:
        """Probabilities are the shares of the channels; the map is the channel of the best."""
        self.batches.append(len(batch))
        channels = batch.astype(np.float32).mean(axis=(1, 2)) + 1e-6
        best = channels.argmax(axis=1)
        maps = np.stack([image[..., channel] for image, channel in zip(batch, best, strict=True)])
        return Outputs(channels / channels.sum(axis=1, keepdims=True), channels, maps.astype(np.float32))


class HeldSession(ColorSession):
    """A model that is held up until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.release = threading.Event()

    def run(self, batch: Pixels) -> Outputs:
        """Wait, then answer."""
        self.entered.set()
        self.release.wait()
        return super().run(batch)


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
        self.limits: list[int] = []

    def receive(self, limit: int) -> list[QueuedMessage]:
        """The first of them."""
        self.limits.append(limit)
        return self.waiting[:limit]

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Forget these."""
        self.waiting = [m for m in self.waiting if m not in messages]

    def poison(self, content: str, reason: str) -> None:
        """Remember the reason."""
        self.poisoned.append((content, reason))

    def count(self) -> int:
        """Those that were not removed."""
        return len(self.waiting)

    def check(self) -> None:
        """Always well."""


class FakeQueues:
    """Queues in which as many jobs wait, at each look, as the test says; in the end none."""

    def __init__(self, *waiting: int) -> None:
        self.waiting = list(waiting)
        self.away = False

    def backlog(self) -> Backlog:
        """The next number."""
        if self.away:
            raise BrokerUnavailable("the broker is away")
        waiting = self.waiting.pop(0) if self.waiting else 0
        return Backlog(outstanding=0, queues=(QueueDepth(name="classify", waiting=waiting, running=0, dead=0),))

    def lanes(self) -> list[Lane]:
        """None."""
        return []
